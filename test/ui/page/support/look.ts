// What a test looks at on a page.
import { type Page } from 'playwright-core';

/** What the drawn rows show in one column. */
export function columnTexts(page: Page, column: string): Promise<string[]> {
  return page.locator(`.table-body .cell-${column}`).allInnerTexts();
}

/** Pixels by which the page is wider than its window. */
export function overflow(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

/** Runs in the page: what has the focus, and whether an outline or a border in the focus colour shows it. */
export function focusNow(): { name: string; isMarked: boolean } {
  const host = document.activeElement;
  const inner = host?.shadowRoot?.activeElement ?? host;
  const style = getComputedStyle(document.documentElement);
  const probe = document.body.appendChild(document.createElement('i'));
  probe.style.color = style.getPropertyValue('--vscode-focusBorder');
  const focusColour = getComputedStyle(probe).color;
  probe.remove();
  const places = [inner, host, host?.shadowRoot?.querySelector('.root'), host?.shadowRoot?.querySelector('.control')];
  const isMarked = places.some((place) => {
    if (!place) return false;
    const { outlineStyle, outlineColor, borderTopColor } = getComputedStyle(place);
    return (outlineStyle !== 'none' && outlineColor === focusColour) || borderTopColor === focusColour;
  });
  return { name: `${host?.getAttribute('aria-label') ?? host?.textContent ?? ''}`, isMarked };
}
