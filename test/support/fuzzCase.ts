/** One round of fuzzing: a damaged model goes through everything that may meet it before it is ever run. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkModel } from '../../src/graph/check';
import { readModel } from '../../src/graph/fromOnnx';
import { printModel } from '../../src/graph/text/print';
import { writeModel } from '../../src/graph/toOnnx';
import { profileModel } from '../../src/profile/profile';
import { LapidaryError } from '../../src/protocol/errors';
import { mutations } from './mutate';
import { seeded } from './random';

/** A damaged model, and how to make it again. */
export interface FuzzCase {
  readonly model: string;
  readonly mutation: string;
  readonly bytes: Uint8Array;
}

/** Case `index` of a sequence that depends on nothing else; now and then it is damaged twice. */
export function fuzzCase(models: ReadonlyMap<string, Uint8Array>, index: number): FuzzCase {
  const random = seeded(index * 7919 + 1);
  const kinds = Object.entries(mutations);
  const names = [...models.keys()];
  const model = names[index % names.length]!;
  const [mutation, mutate] = kinds[Math.floor(index / names.length) % kinds.length]!;
  const bytes = mutate(models.get(model)!, random);
  return { model, mutation, bytes: random() < 0.2 ? mutations.flipBits!(bytes, random) : bytes };
}

/** What a round came to: `ok` or the code of the typed error. Anything else is thrown, as is a stray file. */
export async function surviveCase({ bytes }: FuzzCase, folder: string, index = 0): Promise<string> {
  const [input, output] = [join(folder, 'in'), join(folder, 'out')];
  for (const each of [input, output]) mkdirSync(each, { recursive: true });
  const path = join(input, 'model.onnx');
  writeFileSync(path, bytes);
  try {
    const model = readModel(path);
    checkModel(model);
    profileModel(model);
    await writeModel(model, join(output, 'model.onnx'), { externalData: index % 2 === 1 });
    printModel(model, { elideOver: 1000 });
    return 'ok';
  } catch (thrown) {
    if (!(thrown instanceof LapidaryError) || thrown.code === 'internal' || thrown.message === '') throw thrown;
    return thrown.code;
  } finally {
    mustBeClean(folder, input, output);
  }
}

/** Nothing may appear beside the two folders, nor beside the model that was read. */
function mustBeClean(folder: string, input: string, output: string): void {
  const stray = [...readdirSync(folder).filter((name) => name !== 'in' && name !== 'out')];
  stray.push(...readdirSync(input).filter((name) => name !== 'model.onnx'));
  stray.push(...readdirSync(output).filter((name) => !name.startsWith('model.onnx')));
  rmSync(output, { recursive: true });
  if (stray.length > 0) throw new Error(`Files outside the output: ${stray.join(', ')}.`);
}
