// How long the extension host is kept from answering: what VS Code and every other extension wait for.

/** Time between two looks, ms. */
const interval = 5;

/** Watches the event loop from its creation on. */
export class LoopWatch {
  private readonly timer: NodeJS.Timeout;
  private before = performance.now();
  private cpuBefore = process.cpuUsage();
  private longest = 0;

  constructor() {
    this.timer = setInterval(() => this.look(), interval);
  }

  /**
   * Ends the watch; the longest time in ms that the loop was held up by work. What the machine did meanwhile for others
   * does not count: a pause is at most as long as the processor worked for this process in it.
   */
  stop(): number {
    this.look();
    clearInterval(this.timer);
    return this.longest;
  }

  private look(): void {
    const now = performance.now();
    const cpu = process.cpuUsage(this.cpuBefore);
    const worked = (cpu.user + cpu.system) / 1000;
    this.longest = Math.max(this.longest, Math.min(now - this.before - interval, worked));
    [this.before, this.cpuBefore] = [now, process.cpuUsage()];
  }
}
