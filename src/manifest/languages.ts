/** The language of graph texts: ONNX's textual syntax. */
import { type Texts } from './texts';

/** Its id. */
export const graphTextLanguage = 'onnx-text';

/** `contributes.languages` and `contributes.grammars`. */
export function languageContributions(texts: Texts): Readonly<Record<string, unknown>> {
  return {
    languages: [
      {
        id: graphTextLanguage,
        aliases: [texts.add('language.graphText', 'ONNX Graph Text')],
        extensions: ['.onnxtxt'],
        configuration: './media/onnx-text.language.json',
      },
    ],
    grammars: [
      { language: graphTextLanguage, scopeName: 'source.onnx-text', path: './media/onnx-text.tmLanguage.json' },
    ],
  };
}
