/** Joins what layers cost with the program lines that made them. */
import { type Graph } from '../../graph/graph';
import { type Model } from '../../graph/model';
import { type InspectReport } from '../../protocol/report';
import { type SourceFrame, type SourceLayer, type SourcesReport } from '../../protocol/sources';
import { isLibrary, parseStackTrace, stackTraceKey } from './stackTrace';

/** Makes the report of a model from its profile; the profile's rows are its nodes in order, bodies after their node. */
export function sourcesOf(model: Model, { model: totals, layers }: InspectReport): SourcesReport {
  const frames = new FrameTable();
  const traces = new Map<string, readonly number[]>();
  const framesOf = (trace: string | undefined): readonly number[] => {
    if (trace === undefined) return [];
    const known = traces.get(trace);
    if (known) return known;
    const own = parseStackTrace(trace).filter((frame) => !isLibrary(frame));
    const indices = own.map((frame) => frames.index(frame));
    traces.set(trace, indices);
    return indices;
  };
  const nodeTraces = [...tracesOf(model.graph)];
  const rows: SourceLayer[] = [];
  for (const { index, name, opType, kind, scope, parameters, macs, counted } of layers) {
    if (counted === false) continue;
    rows.push({ name, opType, kind, scope, parameters, macs, frames: framesOf(nodeTraces[index]) });
  }
  return { parameters: totals.parameters, macs: totals.macs, frames: frames.all, layers: rows };
}

function* tracesOf(graph: Graph): Iterable<string | undefined> {
  for (const node of graph.nodes()) {
    yield node.metadata.get(stackTraceKey);
    for (const body of node.bodies) yield* tracesOf(body);
  }
}

/** Frames without repetition: thousands of nodes come from tens of lines. */
class FrameTable {
  readonly all: SourceFrame[] = [];
  private readonly indices = new Map<string, number>();

  index(frame: SourceFrame): number {
    const key = `${frame.file}\n${frame.line}\n${frame.text}`;
    const known = this.indices.get(key);
    if (known !== undefined) return known;
    this.indices.set(key, this.all.length);
    this.all.push(frame);
    return this.all.length - 1;
  }
}
