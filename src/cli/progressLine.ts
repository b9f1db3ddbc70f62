/** Progress on one line of a terminal, redrawn in place. */
import { type JobProgress } from '../protocol/jobs';
import { visibleName } from '../report/text';

/** The part of a stream that is needed; process.stderr is one. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** Redrawing more often than this only costs time, ms. */
const interval = 80;
const barLength = 24;

/** Draws nothing unless the stream is a terminal. */
export class ProgressLine {
  private drawn = -Infinity;
  private visible = false;

  constructor(private readonly stream: ProgressStream) {}

  /** Shows how far a job is. */
  show({ fraction, message, node }: JobProgress): void {
    const now = performance.now();
    if (!this.stream.isTTY || now - this.drawn < interval) return;
    this.drawn = now;
    this.visible = true;
    const filled = Math.round(Math.min(1, Math.max(0, fraction)) * barLength);
    const bar = '█'.repeat(filled) + '░'.repeat(barLength - filled);
    const where = node !== undefined && !message.includes(node) ? ` · ${node}` : '';
    const text = ` ${bar} ${String(Math.floor(fraction * 100)).padStart(3)} %  ${visibleName(message + where)}`;
    this.stream.write(`\r\x1b[2K${text.slice(0, (this.stream.columns ?? 80) - 1)}`);
  }

  /** Takes the line away. */
  clear(): void {
    if (this.visible) this.stream.write('\r\x1b[2K');
    this.visible = false;
    this.drawn = -Infinity;
  }
}
