/** The frame of a page: an empty document that may load our own script and style, and nothing else. Knows no vscode. */
import crypto from 'node:crypto';
import { escapeHtml } from '../../report/text';

/** What the frame needs to know. */
export interface PageParts {
  /** Addresses as the webview sees them. */
  readonly script: string;
  readonly style: string;
  readonly language: string;
  readonly title: string;
}

/** A number used once, from the system's random source: whoever cannot guess it cannot run a script. */
export const newNonce = (): string => crypto.randomBytes(18).toString('base64url');

/** The HTML. Nothing of a model is ever put into it: reports come as messages. */
export function pageHtml({ script, style, language, title }: PageParts, nonce: string): string {
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src 'nonce-${nonce}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="${escapeHtml(language)}">
  <head>
    <meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="${policy}">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <!-- The toolkit's components put this on the styles that they make. -->
    <meta property="csp-nonce" content="${nonce}">
    <title>${escapeHtml(title)}</title>
    <link rel="stylesheet" nonce="${nonce}" href="${escapeHtml(style)}">
  </head>
  <body>
    <script nonce="${nonce}" src="${escapeHtml(script)}"></script>
  </body>
</html>
`;
}
