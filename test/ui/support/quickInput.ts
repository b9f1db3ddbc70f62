// VS Code's quick picks and input boxes, as a person uses them.
import { type Locator, type Page } from 'playwright-core';

/** The one picker of a window; a flow of several steps shows one after the other in it. */
export class QuickInput {
  constructor(private readonly page: Page) {}

  private get widget(): Locator {
    return this.page.locator('.quick-input-widget');
  }

  /** Waits for a step with this title. */
  async step(title: string | RegExp): Promise<void> {
    await this.widget.locator('.quick-input-title').filter({ hasText: title }).waitFor();
  }

  /** Types into the field, replacing what is there. */
  async fill(text: string, timeout?: number): Promise<void> {
    const field = this.widget.locator('.quick-input-box input');
    await field.waitFor({ timeout });
    await field.fill(text, { timeout });
  }

  /** The row of an item, by its exact label. */
  item(label: string): Locator {
    const exact = this.page.locator('.monaco-icon-label .label-name').getByText(label, { exact: true });
    return this.widget.locator('.quick-input-list .monaco-list-row').filter({ has: exact }).first();
  }

  /** Chooses an item by its label. */
  async choose(label: string): Promise<void> {
    const item = this.item(label);
    await item.waitFor();
    await item.click();
  }

  /** Ticks or unticks an item of a picker with checkboxes. */
  async toggle(label: string): Promise<void> {
    await this.item(label).locator('.monaco-checkbox').click();
  }

  /** Accepts what is typed, or what is ticked. */
  async accept(): Promise<void> {
    const ok = this.widget.getByRole('button', { name: 'OK', exact: true });
    if (await ok.isVisible()) await ok.click();
    else await this.widget.locator('.quick-input-box input').press('Enter');
  }

  /** The labels of the items that are shown. */
  async labels(): Promise<string[]> {
    await this.widget.locator('.quick-input-list .monaco-list-row').first().waitFor();
    // An item's second line is a label too.
    const labels = '.label-name:not(.quick-input-list-label-meta *)';
    return this.widget.locator(`.quick-input-list .monaco-list-row ${labels}`).allInnerTexts();
  }

  /** Waits until the picker is gone. */
  async closed(): Promise<void> {
    await this.widget.waitFor({ state: 'hidden' });
  }
}
