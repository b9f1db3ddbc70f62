/** Turns how far a job is into what a notification takes: steps of a hundred, and a line. Knows no vscode. */
import { type JobProgress } from '../../protocol/jobs';
import { plainMessage } from '../text/plain';

/** What a notification's progress takes. */
export interface Advance {
  /** In hundredths, since the last one. */
  readonly increment: number;
  readonly message: string;
}

/** Remembers what was shown last: a bar never goes back. */
export class ProgressMeter {
  private shown = 0;

  /** "42 % · Calibrating, image 12 of 64 · conv1". */
  advance({ fraction, message, node }: JobProgress): Advance {
    const reached = Math.max(this.shown, Math.min(1, Number.isFinite(fraction) ? fraction : 0));
    const increment = (reached - this.shown) * 100;
    this.shown = reached;
    const where = node && !message.includes(node) ? [node] : [];
    return { increment, message: plainMessage([`${Math.floor(reached * 100)} %`, message, ...where].join(' · ')) };
  }
}
