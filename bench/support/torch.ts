/** Transformers as PyTorch's new exporter writes them, where the peer's Python has torch and onnxscript. */
import { type DataSource } from '../../src/data/source';
import { openData } from '../../src/data/openData';
import { readModel } from '../../src/graph/fromOnnx';
import { indexBounds, inputPorts } from '../../src/runtime/randomFeeds';
import { type Lab } from './lab';

/** What export.py can make. */
export type ExportName = 'vit' | 'bert';

/** An exported model file with random samples; undefined, and said so, where it cannot be exported. */
export async function openExport(
  lab: Lab,
  name: ExportName,
  samples = 3,
): Promise<{ readonly file: string; readonly evaluation: DataSource } | undefined> {
  const file = lab.exported(name);
  if (file === undefined) return undefined;
  const model = readModel(file);
  const dims = { batch: 1, length: 128 };
  const bounds = indexBounds(model);
  return { file, evaluation: await openData({ source: 'random', samples }, inputPorts(model, dims), { dims, bounds }) };
}
