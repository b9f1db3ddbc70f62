/** Weights that are stored more than once. */
import { createHash } from 'node:crypto';
import { type Tensor } from '../../../graph/tensor';
import { type Value } from '../../../graph/value';
import { type CheckContext } from '../context';
import { type Finding, type Rule } from '../rule';

/** Smaller tensors are often equal by chance (zeros, ones), and save nothing, bytes. */
const least = 1024;

/** Bytes that are compared first: nearly all tensors that differ differ there. */
const head = 4096;

/** Bytes read at a time. */
const piece = 8 << 20;

/** Two initializers of the main graph with the same contents. */
export const duplicateWeight: Rule = {
  code: 'duplicate-weight',
  summary: 'A weight that is stored twice.',
  readsWeights: true,
  async *check(context): AsyncGenerator<Finding> {
    for (const group of candidates(context)) {
      const byHead = groupBy(group, ({ tensor }) => digest(tensor, 0, Math.min(head, tensor.byteLength)));
      for (const alike of byHead) {
        for (const twins of await sameContents(alike, context)) {
          const [first, ...others] = twins;
          for (const { value, tensor } of others) {
            yield {
              severity: 'warning',
              tensor: value.name,
              message: `This weight has the same contents as "${first!.value.name}": ${tensor.byteLength} bytes are stored twice.`,
              fix: { pass: 'simplify', options: {} },
            };
          }
        }
      }
    }
  },
};

interface Stored {
  readonly value: Value;
  readonly tensor: Tensor;
}

/** Initializers that are read, by type and shape; only groups of two and more. */
function candidates({ model }: CheckContext): readonly (readonly Stored[])[] {
  const stored = [...model.graph.initializers.values()].flatMap((value): Stored[] => {
    const tensor = value.constant;
    return tensor && value.useCount > 0 && tensor.byteLength >= least && tensor.data.kind !== 'strings'
      ? [{ value, tensor }]
      : [];
  });
  return groupBy(stored, ({ tensor }) => `${tensor.dataType} ${tensor.shape.join(' ')}`);
}

async function sameContents(alike: readonly Stored[], { breathe }: CheckContext): Promise<(readonly Stored[])[]> {
  const digests = new Map<Stored, string>();
  for (const each of alike) {
    const hash = createHash('sha1');
    for (let at = 0; at < each.tensor.byteLength; at += piece) {
      hash.update(bytesAt(each.tensor, at, Math.min(piece, each.tensor.byteLength - at)));
      await breathe();
    }
    digests.set(each, hash.digest('hex'));
  }
  return groupBy(alike, (each) => digests.get(each) ?? '');
}

const digest = (tensor: Tensor, offset: number, length: number): string =>
  createHash('sha1')
    .update(bytesAt(tensor, offset, length))
    .digest('hex');

function bytesAt({ data }: Tensor, offset: number, length: number): Uint8Array {
  if (data.kind === 'span') return data.source.read(data.offset + offset, length);
  return data.kind === 'bytes' ? data.bytes.subarray(offset, offset + length) : new Uint8Array();
}

/** Groups of at least two. */
function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return [...groups.values()].filter((group) => group.length > 1);
}
