/** What the audit calls int8 against what the runtime's own profile shows was executed in int8, node by node. */
import { type Model } from '../../src/graph/model';
import { encodeModel } from '../../src/graph/toOnnx';
import { auditModel } from '../../src/profile/audit/audit';
import { labelled, numbersIn } from '../../src/profile/audit/labels';
import { loadOrt } from '../../src/runtime/ort';
import { type Feeds } from '../../src/runtime/port';
import { type NodeTiming, profileNodes } from '../../src/runtime/profileNodes';

/** Both views of one model; nodes as "OPERATOR NAME". */
export interface AuditTruth {
  /** Ran in int8, as called. */
  readonly agreed: readonly string[];
  readonly calledInt8RanInFloat: readonly string[];
  readonly calledInt8NotExecuted: readonly string[];
  readonly ranInInt8NotCalled: readonly string[];
  /** Nodes that ran in int8. */
  readonly executed: readonly string[];
}

/** By what went in and came out, not by the names that the audit goes by: 8-bit data in, no conversion. */
function ranInInt8({ name, opType, inputTypes }: NodeTiming): boolean {
  // What the runtime put in to keep shapes is nobody's layer.
  if (/^(Squeeze|Unsqueeze|Reshape)/.test(opType) && numbersIn(name).length === 0) return false;
  if (/QuantizeLinear$|^DequantizeLinear$|^Cast$|^Transpose$/.test(opType)) return false;
  if (/^(DynamicQuantize|MatMulInteger|ConvInteger)/.test(opType)) return true;
  return (
    inputTypes.some((type) => type === 'uint8' || type === 'int8') &&
    !/^(MatMulNBits|GatherBlockQuantized|If|Loop|Where)/.test(opType)
  );
}

/** Audits a model, runs it on `feeds` under the profiler, and compares. */
export async function auditTruth(model: Model, feeds: Feeds): Promise<AuditTruth> {
  const runtime = await loadOrt();
  const report = await auditModel(model, runtime);
  const timings = await profileNodes(runtime, encodeModel(labelled(model).model), feeds, { runs: 1 });
  const executed = timings.filter(ranInInt8).map(({ name, opType }) => `${opType} ${name}`);
  const claimed = new Set(
    report.layers
      .filter(
        ({ runsAs, runtimeNode }) =>
          runsAs.startsWith('int8') && runtimeNode && !/^(Transpose|Where)$/.test(runtimeNode.opType),
      )
      .map(({ runtimeNode }) => `${runtimeNode!.opType.replace(/^.*\./, '')} ${runtimeNode!.name}`),
  );
  // Rows that are looked up as codes and restored behind are part of how a table is stored, not layers of their own.
  const judged = new Set(report.layers.map(({ runtimeNode }) => runtimeNode?.name));
  const isLookUp = (node: string): boolean => node.startsWith('Gather ') && !judged.has(node.slice('Gather '.length));
  const all = new Set(timings.map(({ name, opType }) => `${opType} ${name}`));
  return {
    agreed: [...claimed].filter((node) => executed.includes(node)),
    calledInt8RanInFloat: [...claimed].filter((node) => all.has(node) && !executed.includes(node)),
    calledInt8NotExecuted: [...claimed].filter((node) => !all.has(node)),
    ranInInt8NotCalled: executed.filter((node) => !claimed.has(node) && !isLookUp(node)),
    executed,
  };
}
