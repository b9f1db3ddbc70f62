/** Names of the files that passes write: beside the source, told apart by a suffix. Knows no vscode. */

/** "model.onnx" and "int8" give "model.int8.onnx". */
export function outputName(source: string, suffix: string): string {
  return `${source.replace(/\.onnx$/i, '')}.${suffix}.onnx`;
}

/** The first free name of the form "model.int8.2.onnx". */
export function numberedName(name: string, isTaken: (name: string) => boolean): string {
  const stem = name.replace(/\.onnx$/i, '');
  for (let number = 2; ; number++) {
    const numbered = `${stem}.${number}.onnx`;
    if (!isTaken(numbered)) return numbered;
  }
}
