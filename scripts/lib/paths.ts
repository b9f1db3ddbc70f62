// Where things lie. Everything that is made goes to dist/, out/, .cache/ or .vscode-test/, which git ignores.
import path from 'node:path';

/** The repository's own folder. */
export const root = path.resolve(__dirname, '../..');

/** Things that are slow to get and can be got again: models, screenshots. */
export const cacheFolder = path.join(root, '.cache');

/** Things that are made from the sources: VSIX files, test bundles, test counts. */
export const outFolder = path.join(root, 'out');

/** VS Code and Chromium. Another place can be named to share them between clones. */
export const vscodeTestFolder = process.env.LAPIDARY_VSCODE_DIR ?? path.join(root, '.vscode-test');
