/** What our audit says of a result, against what the runtime's profile shows. */
import { readModel } from '../../../src/graph/fromOnnx';
import { auditTruth } from '../../../test/support/auditTruth';
import { type Lab } from '../../support/lab';
import { type Subject } from './subjects';

/** Nodes of which audit and profile say the same, of those that either calls int8. */
export interface AuditFigures {
  readonly agreed: number;
  readonly of: number;
}

/** Compares; prints the nodes in dispute. Layers of branches that were not taken cannot be seen in a profile. */
export async function auditOf(lab: Lab, file: string, { name, evaluation }: Subject): Promise<AuditFigures> {
  for await (const { feeds } of evaluation.samples(0, 1)) {
    const truth = await auditTruth(readModel(file), feeds);
    const { agreed, calledInt8RanInFloat, calledInt8NotExecuted, ranInInt8NotCalled } = truth;
    const said = { calledInt8RanInFloat, ranInInt8NotCalled, calledInt8NotExecuted };
    for (const [what, nodes] of Object.entries(said)) {
      if (nodes.length > 0) lab.print(`${name}: ${what}: ${nodes.length}, such as ${nodes.slice(0, 3).join(', ')}`);
    }
    return { agreed: agreed.length, of: agreed.length + calledInt8RanInFloat.length + ranInInt8NotCalled.length };
  }
  throw new Error(`${name} has no samples.`);
}
