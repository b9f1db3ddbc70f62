/** Where a job may write: never over its input, never over anything without being told to. */
import { existsSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { type Model } from '../graph/model';
import { writeModel, type WrittenFiles } from '../graph/toOnnx';
import { LapidaryError } from '../protocol/errors';
import { type JobContext } from './context';

/** What a job wants to write, and from what. */
export interface OutputRequest {
  readonly input: string;
  readonly output: string;
  readonly overwrite: boolean;
  readonly externalData?: boolean;
}

/** Refuses what must not be written; throws `usage`, `output-exists` or `io`. Called before any work is done. */
export function checkOutput({ input, output, overwrite }: OutputRequest): void {
  const folder = path.dirname(path.resolve(output));
  if (!existsSync(folder)) {
    throw new LapidaryError('usage', `There is no folder ${folder} to write to.`, { hint: 'Make it first.' });
  }
  if (!existsSync(output)) return;
  if (realpathSync(output) === realpathSync(input)) {
    throw new LapidaryError('usage', 'The output would replace the input.', {
      model: input,
      hint: 'Inputs are never modified: choose another output.',
    });
  }
  const found = statSync(output);
  if (found.isDirectory()) {
    throw new LapidaryError('usage', `${output} is a folder.`, { hint: 'Name the file to write.' });
  }
  if (!found.isFile()) {
    // A device or a pipe would be replaced by the file, not written to.
    throw new LapidaryError('usage', `${output} is not a plain file.`, { hint: 'Name the file to write.' });
  }
  if (!overwrite) {
    throw new LapidaryError('output-exists', `${output} exists already.`, {
      hint: 'Choose another output, or say --overwrite.',
    });
  }
}

/** Refuses what must not be written once it is known what that is; throws `usage` or `output-exists`. */
export function checkOutputFiles(model: Model, request: OutputRequest): void {
  const { input, output, overwrite, externalData } = request;
  checkOutput(request);
  const data = `${output}.data`;
  const sources = sourcesOf(model, input);
  for (const file of [output, data]) {
    if (!existsSync(file) || !sources.has(realpathSync(file))) continue;
    throw new LapidaryError('usage', `${file} holds weights of the input.`, { hint: 'Choose another output name.' });
  }
  const mayWriteData = externalData ?? sources.size > 1;
  if (existsSync(data) && mayWriteData && !overwrite) {
    throw new LapidaryError('output-exists', `${data} exists already.`, {
      hint: 'Choose another output, or say --overwrite.',
    });
  }
}

/** Writes a model whole or not at all, and never over the weights of another one. */
export async function writeOutput(model: Model, request: OutputRequest, context: JobContext): Promise<WrittenFiles> {
  const { output, externalData } = request;
  // Once more: another run may have written there while this one was at work.
  checkOutputFiles(model, request);
  return writeModel(model, output, {
    ...(externalData !== undefined && { externalData }),
    temporary: (file, exists) => context.temporary(file, exists),
    signal: context.signal,
  });
}

/** Real paths of the files that belong to the input: itself, and where its weights come from. */
function sourcesOf(model: Model, input: string): Set<string> {
  const files = new Set([input, `${input}.data`]);
  for (const { constant } of model.graph.initializers.values()) {
    if (constant?.data.kind === 'span') files.add(constant.data.source.name);
  }
  return new Set([...files].filter((file) => existsSync(file)).map((file) => realpathSync(file)));
}
