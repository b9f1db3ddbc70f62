// A page of ours without VS Code: a plain Chromium that gives it what VS Code's webview gives (theme variables, API,
// default styles, a strict content security policy), records what it says, and notices every breach of the policy.
import fs from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { type Browser, chromium, type Page } from 'playwright-core';
import { root } from '../../../../scripts/lib/paths';
import { chromiumLaunchOptions } from '../../../../scripts/vscode/chromium';
import { newNonce, pageHtml } from '../../../../src/host/page/html';
import themes from './themes.json';

/** A theme of VS Code: dark and light modern, high contrast dark and light. */
export type Theme = keyof typeof themes;

/** Which page to open and how. */
export interface PageOptions {
  readonly theme?: Theme;
  readonly width?: number;
  readonly height?: number;
  /** What the page remembered before it was hidden. */
  readonly state?: unknown;
}

/** An open page. */
export interface OpenPage {
  readonly page: Page;
  /** Sends a message as the host does. */
  readonly send: (message: unknown) => Promise<void>;
  /** Everything that the page has said to the host. */
  readonly said: () => Promise<{ type: string }[]>;
  /** Waits until the page has said something of a type, and gives the first of it: what effects say comes after a paint. */
  readonly heard: (type: string) => Promise<{ type: string }>;
  /** What the page would remember. */
  readonly remembered: () => Promise<unknown>;
  /** Breaches of the content security policy, script errors, and console errors. */
  readonly complaints: readonly string[];
  close(): Promise<void>;
}

const origin = 'https://page.test';
let browser: Promise<Browser> | undefined;
const bundles = new Map<string, Promise<Map<string, string>>>();

/** Opens a page by the name of its folder in webview/. The browser is shared; see Pages. */
async function openPage(name: string, options: PageOptions = {}): Promise<OpenPage> {
  const { theme = 'dark', width = 1200, height = 900, state } = options;
  browser ??= chromiumLaunchOptions().then((launch) => chromium.launch(launch));
  const context = await (await browser).newContext({ viewport: { width, height }, locale: 'en-US' });
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const files = await bundleOf(name);
  const addresses = { script: `${origin}/${name}.js`, style: `${origin}/${name}.css` };
  const frame = pageHtml({ ...addresses, language: 'en', title: 'Lapidary' }, newNonce());
  await context.route('**', (route) => {
    const file = new URL(route.request().url()).pathname.slice(1);
    if (file === '') return route.fulfill({ contentType: 'text/html', body: frame });
    const body = files.get(file);
    const contentType = file.endsWith('.css') ? 'text/css' : 'text/javascript';
    return body === undefined ? route.abort() : route.fulfill({ contentType, body });
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  // tsx marks functions with a helper that the page does not have.
  await page.addInitScript('globalThis.__name = (marked) => marked');
  await page.addInitScript(behaveLikeVsCode, { ...themes[theme], state });
  await page.goto(`${origin}/`);
  return {
    page,
    // As text: Playwright takes seconds for what is large and nested.
    send: (message) => page.evaluate((json) => window.postMessage(JSON.parse(json)), JSON.stringify(message)),
    said: () => page.evaluate(() => window.lapidaryTest.said),
    heard: async (type) => {
      const found = await page.waitForFunction(
        (wanted) => window.lapidaryTest.said.find((message) => message.type === wanted),
        type,
      );
      return (await found.jsonValue()) ?? { type: 'nothing' };
    },
    remembered: () => page.evaluate(() => window.lapidaryTest.state),
    complaints,
    close: () => context.close(),
  };
}

/** The pages of one block of tests: registers what closes the last one after each test, and the browser at the end. */
export class Pages {
  private last: OpenPage | undefined;

  /** `name` is that of the page's folder in webview/. */
  constructor(private readonly name: string) {
    afterEach(() => this.close());
    after(closeBrowser);
  }

  /** An empty page. */
  async open(options: PageOptions = {}): Promise<OpenPage> {
    this.last = await openPage(this.name, options);
    return this.last;
  }

  /** A page that was told something, once it shows `sign`. */
  async show(message: unknown, options: PageOptions = {}, sign = 'main.page'): Promise<OpenPage> {
    const page = await this.open(options);
    await page.send(message);
    await page.page.locator(sign).waitFor();
    return page;
  }

  /** Closes the last one, for tests that open several. */
  async close(): Promise<void> {
    await this.last?.close();
    this.last = undefined;
  }
}

/** Ends the shared browser. */
async function closeBrowser(): Promise<void> {
  await (await browser)?.close();
  browser = undefined;
}

declare global {
  interface Window {
    lapidaryTest: { said: { type: string }[]; state: unknown };
    acquireVsCodeApi: unknown;
  }
}

/** Runs in the page before anything else: VS Code's API, the theme's variables, and its default styles. */
function behaveLikeVsCode(given: { kind: string; variables: Record<string, string>; state: unknown }): void {
  const { kind, variables, state } = given;
  window.lapidaryTest = { said: [], state };
  window.acquireVsCodeApi = () => ({
    postMessage: (message: { type: string }) => window.lapidaryTest.said.push(message),
    getState: () => window.lapidaryTest.state,
    setState: (next: unknown) => {
      window.lapidaryTest.state = next;
    },
  });
  document.addEventListener('securitypolicyviolation', (event) =>
    console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`),
  );
  document.addEventListener('DOMContentLoaded', () => {
    document.body.classList.add(kind);
    document.body.dataset.vscodeThemeKind = kind;
    const style = document.documentElement.style;
    for (const [name, value] of Object.entries(variables)) style.setProperty(name, value);
    style.setProperty('--vscode-font-family', "'Open Sans', system-ui, Ubuntu, 'Droid Sans', sans-serif");
    style.setProperty('--vscode-font-size', '13px');
    style.setProperty('--vscode-font-weight', 'normal');
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(
      '@layer vscode-default { html { scrollbar-color: var(--vscode-scrollbarSlider-background) var(--vscode-editor-background) }' +
        'body { padding: 0 20px; overscroll-behavior-x: none; color: var(--vscode-editor-foreground) }' +
        'a { color: var(--vscode-textLink-foreground) } }',
    );
    document.adoptedStyleSheets = [sheet, ...document.adoptedStyleSheets];
  });
}

/** Bundles a page in memory with the settings of esbuild.mjs, once per run. */
function bundleOf(name: string): Promise<Map<string, string>> {
  const known = bundles.get(name);
  if (known) return known;
  const made = build({
    absWorkingDir: root,
    entryPoints: [{ in: path.join(root, 'webview', name, 'main.tsx'), out: name }],
    outdir: 'out/page',
    bundle: true,
    write: false,
    platform: 'browser',
    format: 'iife',
    target: 'chrome128',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    minify: true,
    define: { 'process.env.NODE_ENV': '"production"' },
  }).then(({ outputFiles }) => new Map(outputFiles.map((file) => [path.basename(file.path), file.text])));
  bundles.set(name, made);
  return made;
}

/** Saves a picture where LAPIDARY_TEST_SCREENSHOTS says, if it says so. */
export async function takePicture(page: Page, name: string, fullPage = true): Promise<void> {
  const folder = process.env.LAPIDARY_TEST_SCREENSHOTS;
  if (!folder) return;
  fs.mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: path.join(folder, `${name}.png`), fullPage });
}
