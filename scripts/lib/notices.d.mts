/** Folders of the packages, relative to the root, that any of these inputs of bundles (paths as esbuild gives them) is from. */
export function packagesOf(inputs: Iterable<string>): string[];
/** The notices to ship with the code of these packages. Throws for a licence that is not permissive and for a missing text. */
export function noticesFor(root: string, folders: readonly string[]): string;
