/** All rules, one line each. */
import { type Rule } from './rule';
import { batchNorm } from './rules/batchNorm';
import { dropout } from './rules/dropout';
import { duplicateWeight } from './rules/duplicateWeight';
import { float64 } from './rules/float64';
import { knownShape } from './rules/knownShape';
import { nonFiniteWeight } from './rules/nonFiniteWeight';
import { notInt8 } from './rules/notInt8';
import { oldOpset } from './rules/oldOpset';
import { outlierWeight } from './rules/outlierWeight';
import { overridableWeight } from './rules/overridableWeight';
import { slowerThanFloat } from './rules/slowerThanFloat';
import { trainingMode } from './rules/trainingMode';
import { unusedInitializer } from './rules/unusedInitializer';
import { width } from './rules/width';

/** In the order in which findings of the same severity are shown. */
export const rules: readonly Rule[] = [
  nonFiniteWeight,
  trainingMode,
  slowerThanFloat,
  notInt8,
  batchNorm,
  dropout,
  unusedInitializer,
  duplicateWeight,
  overridableWeight,
  float64,
  oldOpset,
  knownShape,
  outlierWeight,
  width,
];
