/** How the execution of a layer is written for a person. */
import { type RunsAs } from '../protocol/audit';

const texts: Readonly<Record<RunsAs, string>> = {
  int8: 'int8',
  'int8-dynamic': 'int8, dynamic',
  'weights-only': 'packed weights',
  'float-qdq': 'float + Q/DQ',
  float: 'float',
  removed: 'removed',
};

/** A word or two: "float + Q/DQ". */
export const runsAsText = (how: RunsAs): string => texts[how];
