/** Says a text in the person's language; {0}… are replaced. The editor's l10n.t, for files that must not know vscode. */
export type Say = (text: string, ...args: (string | number)[]) => string;

/** English, for tests. */
export const inEnglish: Say = (text, ...args) =>
  text.replace(/\{(\d)\}/g, (_, index: string) => String(args[Number(index)]));
