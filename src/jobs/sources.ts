/** `sources`: the lines of the program that made the layers, with what they cost. Reads no weight. */
import { sourcesOf } from '../profile/source/sources';
import { type SourcesReport, type SourcesRequest } from '../protocol/sources';
import { bindingsFor, openModel, profileFile } from './modelFile';

/** Finds the sources of one model. */
export function sources({ path, dims }: SourcesRequest): Promise<SourcesReport> {
  const model = openModel(path);
  return Promise.resolve(sourcesOf(model, profileFile(model, path, bindingsFor(model, { dims }))));
}
