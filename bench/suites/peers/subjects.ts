/** The models of the competition, as files, with data of both kinds. */
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { type DataSource } from '../../../src/data/source';
import { writeModel } from '../../../src/graph/toOnnx';
import { readModel } from '../../../src/graph/fromOnnx';
import { constantsOf } from '../../../src/profile/parameters';
import { type Grading } from '../../support/grading';
import { type Lab } from '../../support/lab';
import { openTrained, type TrainedModel, type TrainedName } from '../../support/quality';
import { openDenoiser, openVoiceActivity } from '../../support/speech';
import { stackSamples } from '../../support/stack';
import { openDetection, openRecognition } from '../../support/text';
import { openExport } from '../../support/torch';

/** Models that can compete. */
export type SubjectName =
  TrainedName | 'ocr-recognition' | 'ocr-detection' | 'silero-vad' | 'gtcrn' | 'torch-vit-b16' | 'torch-bert-base';

/** A model file with data of both kinds. */
export interface Subject {
  readonly name: SubjectName;
  readonly file: string;
  /** What `--data` takes; '' where there are no samples to calibrate with. */
  readonly calibration: string;
  readonly evaluation: DataSource;
  readonly grading?: Grading;
  /** Whether nine tenths of the file are weights, so that its size follows theirs. */
  readonly mostlyWeights: boolean;
}

/** Opens a subject; undefined, and said so, where its files are not here. */
export async function subjectOf(lab: Lab, name: SubjectName): Promise<Subject | undefined> {
  if (name === 'torch-vit-b16' || name === 'torch-bert-base') {
    const exported = await openExport(lab, name === 'torch-vit-b16' ? 'vit' : 'bert');
    return exported && { name, calibration: '', mostlyWeights: true, ...exported };
  }
  const trained = await opened(lab, name);
  if (!trained) return undefined;
  const folder = lab.file('subjects');
  mkdirSync(folder, { recursive: true });
  const file = `${folder}/${name}.onnx`;
  if (!existsSync(file)) await writeModel(trained.model, file);
  const calibration = await stackSamples(trained.calibration, `${folder}/${name}`);
  const weightBytes = [...constantsOf(readModel(file).graph)].reduce((sum, [, { byteLength }]) => sum + byteLength, 0);
  const mostlyWeights = weightBytes >= 0.9 * statSync(file).size;
  const { evaluation, grading } = trained;
  return { name, file, calibration, evaluation, ...(grading && { grading }), mostlyWeights };
}

function opened(
  lab: Lab,
  name: Exclude<SubjectName, 'torch-vit-b16' | 'torch-bert-base'>,
): Promise<TrainedModel | undefined> {
  switch (name) {
    case 'ocr-recognition':
      return openRecognition(lab);
    case 'ocr-detection':
      return openDetection(lab);
    case 'silero-vad':
      return openVoiceActivity(lab);
    case 'gtcrn':
      return openDenoiser(lab);
    default:
      return openTrained(lab, name);
  }
}
