/** One fraction over a job of several stages that take unequal times. */
import { type JobProgress } from '../protocol/jobs';

/** Reports how far a stage is. */
export type StageProgress = (fraction: number, message: string, place?: Pick<JobProgress, 'pass' | 'node'>) => void;

/** What stages report to. */
interface Listener {
  readonly signal: AbortSignal;
  progress(progress: JobProgress): void;
}

/** Shares out the way from 0 to 1 by the seconds that each stage is expected to take. */
export class Stages<Name extends string> {
  private readonly total: number;

  constructor(
    private readonly listener: Listener,
    private readonly seconds: Readonly<Record<Name, number>>,
  ) {
    this.total = Object.values<number>(seconds).reduce((sum, each) => sum + each, 0);
  }

  /** The reporter of one stage; `share` is the part of the stage that it covers, for stages of several steps. */
  of(name: Name, share: { readonly from: number; readonly to: number } = { from: 0, to: 1 }): StageProgress {
    let before = 0;
    for (const [stage, seconds] of Object.entries<number>(this.seconds)) {
      if (stage === name) break;
      before += seconds;
    }
    return (fraction, message, place) => {
      const within = share.from + (share.to - share.from) * Math.min(1, Math.max(0, fraction));
      this.listener.progress({
        fraction: (before + this.seconds[name] * within) / this.total,
        message,
        ...place,
      });
    };
  }
}
