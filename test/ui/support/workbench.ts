// What a person does in a window of VS Code, one method each. Every method waits until its effect can be seen.
import fs from 'node:fs';
import path from 'node:path';
import { errors, type Frame, type Locator, type Page } from 'playwright-core';
import { eventually } from './eventually';
import { QuickInput } from './quickInput';

/** The themes that every page must look well in, and the class by which the workbench shows that it has changed. */
const themes = {
  dark: { workbenchClass: 'vs-dark', media: { colorScheme: 'dark', forcedColors: 'none' } },
  light: { workbenchClass: 'vs', media: { colorScheme: 'light', forcedColors: 'none' } },
  contrast: { workbenchClass: 'hc-black', media: { colorScheme: 'dark', forcedColors: 'active' } },
} as const;

const aMoment = 1000; // ms; more than a menu takes to open or to close

/** Whether something was done before its own time was up. */
export async function inTime(action: Promise<void>): Promise<boolean> {
  try {
    await action;
    return true;
  } catch (error) {
    if (error instanceof errors.TimeoutError) return false;
    throw error;
  }
}

/** The window of VS Code that the UI tests share, with the packaged extension installed. */
export class Workbench {
  /** The pickers and input boxes at the top. */
  readonly quickInput: QuickInput;

  constructor(
    /** For whatever has no method here. */
    readonly page: Page,
    /** The folder that is open: copies of the example models. Files put here show up in the explorer. */
    readonly folder: string,
    /** Where pictures land. */
    readonly pictures: string,
  ) {
    this.quickInput = new QuickInput(page);
  }

  /** Runs a command by its title ("Lapidary: Quantize Model…") from the command palette. */
  async runCommand(title: string): Promise<void> {
    // A command may appear only when the window has started fully, and an open palette does not notice.
    await eventually(`the command ${title}`, async () => {
      await this.page.keyboard.press('F1');
      // A webview that is still loading has the focus and hears no keys: press again.
      if (!(await inTime(this.quickInput.fill(`>${title}`, aMoment)))) return false;
      if (await inTime(this.quickInput.item(title).waitFor({ timeout: aMoment }))) return true;
      await this.page.keyboard.press('Escape');
      return false;
    });
    await this.quickInput.choose(title);
  }

  /** A file or folder in the explorer, by its name; its folders are opened on the way ("ocr/model.onnx"). */
  async explorerItem(place: string): Promise<Locator> {
    const names = place.split('/');
    const row = (name: string): Locator =>
      this.page
        .locator('.explorer-folders-view .monaco-list-row')
        .filter({ has: this.page.getByText(name, { exact: true }) });
    for (const folder of names.slice(0, -1)) {
      const item = row(folder).first();
      await this.inExplorer(item);
      if ((await item.getAttribute('aria-expanded')) === 'false') await item.click();
      await this.page.locator('.monaco-list-row[aria-expanded="true"]').filter({ hasText: folder }).first().waitFor();
    }
    const item = row(names.at(-1) ?? place).first();
    await this.inExplorer(item);
    return item;
  }

  /** The explorer may have missed a file that was written while the window started: it is told to look again. */
  private async inExplorer(item: Locator): Promise<void> {
    if (await inTime(item.waitFor({ timeout: 5 * aMoment }))) return;
    const explorer = this.page.locator('.explorer-folders-view');
    await explorer.hover();
    await this.page.getByRole('button', { name: 'Refresh Explorer' }).first().click();
    await item.waitFor();
  }

  /** Opens a file of the explorer with a double click. */
  async openFile(place: string): Promise<void> {
    const item = await this.explorerItem(place);
    await item.dblclick();
    await this.editorTab(path.posix.basename(place)).waitFor();
  }

  /** Right-clicks a file in the explorer and chooses an item of the menu; "Menu > Item" goes through a submenu. */
  async contextMenu(place: string, item: string): Promise<void> {
    await this.contextMenuOf(await this.explorerItem(place), item);
  }

  /**
   * The same for anything else that has a context menu. `select` makes a selection that the menu is for; it is called
   * before every try, because a list that is drawn anew may have lost it, and may give up with a timeout.
   */
  async contextMenuOf(target: Locator, item: string, select?: () => Promise<void>): Promise<void> {
    const entry = (label: string): Locator =>
      this.page
        .locator('.monaco-menu .action-item:not(.disabled)')
        .filter({ has: this.page.getByText(label, { exact: true }) })
        .last();
    const [first = item, ...rest] = item.split(' > ');
    // Items are grey until the window has started fully, and an open menu does not notice.
    await eventually(`${first} in the context menu`, async () => {
      if (select && !(await inTime(select()))) return false;
      await target.click({ button: 'right' });
      if (await inTime(entry(first).waitFor({ timeout: aMoment }))) return true;
      await this.page.keyboard.press('Escape');
      return false;
    });
    // A menu that has just opened ignores clicks for a tenth of a second: click until it has an effect.
    for (const [index, label] of [first, ...rest].entries()) {
      const next = rest[index];
      const effect = next === undefined ? entry(label) : entry(next);
      const state = next === undefined ? 'hidden' : 'visible';
      await eventually(`the effect of ${label}`, async () => {
        await inTime(entry(label).click({ timeout: aMoment }));
        return inTime(effect.waitFor({ state, timeout: aMoment }));
      });
    }
  }

  /** The tab of an open editor. */
  editorTab(title: string): Locator {
    return this.page.locator('.tabs-container .tab').filter({ hasText: title }).first();
  }

  /** Shows a view of the activity bar by its title. */
  async openView(title: string): Promise<void> {
    const action = this.page.locator(`.activitybar .action-item:has([aria-label^="${title}"])`).first();
    await action.waitFor();
    if ((await action.getAttribute('aria-expanded')) !== 'true') await action.click();
    await this.page.locator('.part.sidebar .composite.title').filter({ hasText: title }).waitFor();
  }

  /** A notification whose text matches, once it is there. */
  async notification(text: string | RegExp, timeout = 30_000): Promise<Locator> {
    const toast = this.page.locator('.notification-list-item').filter({ hasText: text }).first();
    await toast.waitFor({ timeout });
    return toast;
  }

  /** Presses a button of a notification. */
  async pressButton(notification: Locator, label: string): Promise<void> {
    await notification.hover();
    await notification.getByRole('button', { name: label, exact: true }).click();
  }

  /** The frame of the webview in which something matches the selector, once it is there and can be seen. */
  async webview(selector: string, timeout = 30_000): Promise<Frame> {
    return eventually(`a webview with ${selector}`, () => this.frameWith(selector), timeout);
  }

  private async frameWith(selector: string): Promise<Frame | undefined> {
    for (const frame of this.page.frames()) {
      if (frame === this.page.mainFrame()) continue;
      // A frame may go away while it is being asked.
      const isThere = await frame
        .locator(selector)
        .first()
        .isVisible()
        .catch(() => false);
      if (isThere) return frame;
    }
    return undefined;
  }

  /** Switches the theme and waits until the window shows it. */
  async setTheme(name: keyof typeof themes): Promise<void> {
    const { workbenchClass, media } = themes[name];
    await this.page.emulateMedia(media);
    await this.page.locator(`.monaco-workbench.${workbenchClass}`).waitFor();
  }

  /** Saves a picture of the window as NAME.png and gives its path. */
  async screenshot(name: string): Promise<string> {
    fs.mkdirSync(this.pictures, { recursive: true });
    const file = path.join(this.pictures, `${name.replaceAll(/[^\w.-]+/g, '-')}.png`);
    await this.page.screenshot({ path: file });
    return file;
  }

  /** Saves a picture in each theme (NAME-dark.png …) and ends in the dark one. */
  async screenshots(name: string): Promise<void> {
    for (const theme of ['contrast', 'light', 'dark'] as const) {
      await this.setTheme(theme);
      await this.screenshot(`${name}-${theme}`);
    }
  }

  /** Makes the window look as at the start: no editors, no pickers, no notifications, no panel, the explorer in front. */
  async tidy(): Promise<void> {
    // A menu, then a picker, may be open.
    for (let i = 0; i < 3; i++) await this.page.keyboard.press('Escape');
    await this.quickInput.closed();
    await this.runCommand('View: Close All Editors');
    await this.page.locator('.tabs-container .tab').first().waitFor({ state: 'detached' });
    await this.runCommand('Notifications: Clear All Notifications');
    await this.page.locator('.notification-list-item').first().waitFor({ state: 'detached' });
    // Below a panel there is no room for tables, whose rows are drawn only where they are seen.
    if (await this.page.locator('.part.panel').isVisible()) await this.runCommand('View: Hide Panel');
    await this.openView('Explorer');
  }
}
