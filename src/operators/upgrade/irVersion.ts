/** Which version of the file format a model needs. */
import { type Model } from '../../graph/model';

/** From this opset on, the IR version that ONNX released with it (ONNX docs, "Versioning"). */
const releases: readonly (readonly [opset: number, irVersion: number])[] = [
  [1, 3],
  [9, 4],
  [10, 5],
  [11, 6],
  [12, 7],
  [15, 8],
  [19, 9],
  [21, 10],
  [23, 11],
  [24, 12],
  [25, 13],
];

/** IR version that belongs to a version of ai.onnx. */
export function irVersionOfOpset(opset: number): number {
  let irVersion = 3;
  for (const [since, version] of releases) if (since <= opset) irVersion = version;
  return irVersion;
}

/** Raises the IR version of `model` (in place) to 4 where it holds initializers, made by a pass, that are no inputs. */
export function admitInitializers(model: Model): void {
  const inputs = new Set(model.graph.inputs);
  if ([...model.graph.initializers.values()].some((value) => !inputs.has(value))) raiseIrVersion(model, 4);
}

/**
 * Raises the IR version of `model` (in place) to at least `version`. Below 4 every initializer had to be listed as an
 * input as well, and no runtime let a caller override it there; from 4 on the listing would make it overridable, which
 * keeps runtimes from folding it, so it goes.
 */
export function raiseIrVersion(model: Model, version: number): void {
  if (model.irVersion >= version) return;
  if (model.irVersion < 4 && version >= 4) {
    const { inputs } = model.graph;
    const kept = inputs.filter((value) => value.constant === undefined);
    inputs.splice(0, inputs.length, ...kept);
  }
  model.irVersion = version;
}
