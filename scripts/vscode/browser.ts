// The window of a VS Code server: a page in a headless Chromium that can reach nothing but this machine.
import { chromium, type Page } from 'playwright-core';
import { chromiumLaunchOptions } from './chromium';

/** A browser page and how to end the browser. */
export interface Window {
  readonly page: Page;
  close(): Promise<void>;
}

/** Opens an empty window; `goto` one of the server's addresses shows the workbench. */
export async function openWindow(size = { width: 1400, height: 900 }): Promise<Window> {
  // Signals are dealt with in lib/child.ts; the browser ends by itself when its pipe to us closes.
  const signals = { handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false };
  const browser = await chromium.launch({ ...(await chromiumLaunchOptions()), ...signals });
  const context = await browser.newContext({ viewport: size, locale: 'en-US', reducedMotion: 'reduce' });
  const isLocal = ({ hostname }: URL): boolean => hostname === '127.0.0.1' || hostname === 'localhost';
  await context.route(
    (url) => !isLocal(url),
    (route) => route.abort(),
  );
  const page = await context.newPage();
  return { page, close: () => browser.close() };
}
