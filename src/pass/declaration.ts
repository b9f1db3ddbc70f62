/** What a pass says of itself: the single source for commands, settings, recipe schema, flags, quick picks and docs. */
import { type Options } from './option';

/** The declaration of a pass. */
export interface PassDeclaration<T extends Options = Options> {
  /** kebab-case, also the name of the command-line command. */
  readonly id: string;
  /** What the menu says, title case, a verb first: "Quantize Weights". */
  readonly title: string;
  /** One sentence that tells a person when to use it and what they get. */
  readonly summary: string;
  /** Lossless passes keep outputs within float rounding. */
  readonly kind: 'lossless' | 'lossy';
  /** The command's menu group: one "Quantize Model…" entry offers all passes of its family. */
  readonly family: 'quantize' | 'prune' | 'factorize' | 'simplify' | 'convert';
  /** What has to be there: 'required' asks for it, 'optional' uses it when given. */
  readonly needs: {
    readonly data?: 'required' | 'optional';
    readonly runtime?: 'required' | 'optional';
    /** With this value of an option nothing is run: the native library, which takes 25 MB, is not loaded. */
    readonly runtimeUnless?: { readonly option: string; readonly is: unknown };
  };
  /** Inserted before `.onnx` in the name of the output file: `int8` gives model.int8.onnx. */
  readonly suffix: string;
  /** Where the name says what was chosen: other suffixes by the value of an option. */
  readonly suffixes?: { readonly option: string; readonly by: Readonly<Record<string, string>> };
  readonly options: T;
}

/** What is inserted into the name of the output with these options. */
export function suffixFor(
  { suffix, suffixes }: Pick<PassDeclaration, 'suffix' | 'suffixes'>,
  options: Readonly<Record<string, unknown>>,
): string {
  return (suffixes && suffixes.by[String(options[suffixes.option])]) ?? suffix;
}

/** Declares a pass; the exact option types are kept. */
export function declarePass<const T extends Options>(declaration: PassDeclaration<T>): PassDeclaration<T> {
  return declaration;
}
