/** Element types as people read them: one word for each, whether a model's file or a pass names it. */

const words: Readonly<Record<string, string>> = { float: 'float32', double: 'float64' };

/** "seq(float)" as "seq(float32)": ONNX's own names, but for the two that do not say how wide they are. */
export function elementTypeText(type: string): string {
  return type.replace(/\b(?:float|double)\b/g, (name) => words[name]!);
}
