/** How the gates of a recipe turned out. */
import { type CompressReport } from '../../protocol/report';
import { gateText } from '../../report/gates';
import { visibleName } from '../../report/text';

/** A line for each gate. */
export function gateLines({ gates = [] }: CompressReport): string[] {
  return gates.map((gate) => visibleName(gateText(gate)));
}

/** How many gates failed and what became of the file; undefined when all passed. */
export function gateFailure({ gates = [], output, written }: CompressReport): string | undefined {
  const failed = gates.filter(({ passed }) => !passed).length;
  if (failed === 0) return undefined;
  const count = failed === 1 ? 'A gate failed' : `${failed} gates failed`;
  const file = written ? `${output} was written all the same` : `${output} was not written (--keep writes it)`;
  return visibleName(`lapidary: ${count}; ${file}.`);
}
