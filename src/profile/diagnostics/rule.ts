/** What a rule is: one small file that knows one thing that can be wrong with a model. */
import { type Diagnostic } from '../../protocol/check';
import { type CheckContext } from './context';

/** A finding; the code is that of its rule. */
export type Finding = Omit<Diagnostic, 'code'>;

/** One thing that can be wrong. */
export interface Rule {
  /** Stable, kebab-case; what people filter by. */
  readonly code: string;
  /** What the rule looks for, one sentence, for the documentation. */
  readonly summary: string;
  /** It takes all weights to answer. */
  readonly readsWeights?: true;
  /** Rules that read weights give way now and then with `context.breathe`. */
  check(context: CheckContext): Iterable<Finding> | AsyncIterable<Finding>;
}
