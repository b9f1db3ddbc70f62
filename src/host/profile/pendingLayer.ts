/** The layer that a page is to show, kept until there is a page with numbers that can show it. */

/** One wish at a time: a later one replaces one that was not told yet. Knows no vscode. */
export class PendingLayer {
  private layer: string | undefined;
  private canShow = false;

  /** `tell` passes the layer on to the page; called once for each wish, and only while the page can show it. */
  constructor(private readonly tell: (layer: string) => void) {}

  /** Somebody wants to see this layer. */
  ask(layer: string): void {
    this.layer = layer;
    this.tellIfPossible();
  }

  /** The page has its numbers. */
  pageIsReady(): void {
    this.canShow = true;
    this.tellIfPossible();
  }

  /** The page shows an error, or VS Code has thrown its content away because it is hidden. */
  pageIsGone(): void {
    this.canShow = false;
  }

  private tellIfPossible(): void {
    if (!this.canShow || this.layer === undefined) return;
    const layer = this.layer;
    this.layer = undefined;
    this.tell(layer);
  }
}
