/** What a rule says. */
import { type AuditRule } from '../../../protocol/audit';

/** A rule with its explanation. */
export interface BrokenRule {
  readonly rule: AuditRule;
  /** For a person, whole sentences. */
  readonly reason: string;
}
