// What a text recognizer read: greedy decoding of its scores (connectionist temporal classification, Graves 2006).
import { openData } from '../../src/data/openData';
import { type DataSpec } from '../../src/protocol/jobs';
import { loadOrt } from '../../src/runtime/ort';
import { type RuntimeTensor } from '../../src/runtime/port';

/** The lines that a model reads, in the order of the data. */
export async function readLines(model: string, data: DataSpec, alphabet: readonly string[]): Promise<string[]> {
  const session = await (await loadOrt()).open(model);
  try {
    const lines: string[] = [];
    for await (const { feeds } of (await openData(data, session.inputs)).samples()) {
      const [scores] = Object.values(await session.run(feeds));
      lines.push(decode(scores!, alphabet));
    }
    return lines;
  } finally {
    await session.close();
  }
}

/** The text in the scores [1, steps, symbols] of a recognizer: best symbol of every step, repetitions once, blanks (symbol 0) left out. */
export function decode({ shape, data }: RuntimeTensor, alphabet: readonly string[]): string {
  const [, steps = 0, symbols = 0] = shape;
  const scores = data as Float32Array;
  let [text, last] = ['', 0];
  for (let step = 0; step < steps; step++) {
    const row = scores.subarray(step * symbols, (step + 1) * symbols);
    const best = row.reduce((most, score, symbol) => (score > row[most]! ? symbol : most), 0);
    if (best !== 0 && best !== last) text += alphabet[best - 1] ?? '';
    last = best;
  }
  return text;
}
