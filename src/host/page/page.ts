/** Fills a webview with one of our pages. */
import * as vscode from 'vscode';
import { newNonce, pageHtml } from './html';

/** Pages, by the name of their bundle in dist/webview. */
export type PageName = 'result' | 'profile' | 'sensitivity';

const bundles = (extension: vscode.Uri): vscode.Uri => vscode.Uri.joinPath(extension, 'dist', 'webview');

/** What a page may do: run scripts, and load files from our bundles alone. */
export function pageOptions(extension: vscode.Uri): vscode.WebviewOptions {
  return { enableScripts: true, localResourceRoots: [bundles(extension)] };
}

/** Loads a page; its data comes as messages once it says that it is ready. */
export function loadPage(webview: vscode.Webview, extension: vscode.Uri, page: PageName, title: string): void {
  const address = (file: string): string =>
    webview.asWebviewUri(vscode.Uri.joinPath(bundles(extension), file)).toString();
  const parts = { script: address(`${page}.js`), style: address(`${page}.css`), language: vscode.env.language, title };
  webview.html = pageHtml(parts, newNonce());
}
