/** Tells which tensors hold the same, by as little reading as that takes. */
import { type Tensor } from '../../graph/tensor';

/** How much of each end of a tensor is looked at first, bytes: weights that differ do so there. */
const end = 64;

/** Gives tensors of equal type, shape and contents the same number. Keeps them alive, so use one for a moment only. */
export class Contents {
  private readonly alike = new Map<string, { readonly tensor: Tensor; readonly id: number }[]>();
  private count = 0;

  /** The number of a tensor that holds no strings. */
  idOf(tensor: Tensor): number {
    const key = `${tensor.dataType}[${tensor.shape.join(',')}]${ends(tensor)}`;
    const list = this.alike.get(key) ?? [];
    const same = list.find(
      (each) => each.tensor === tensor || Buffer.compare(each.tensor.bytes(), tensor.bytes()) === 0,
    );
    if (same) return same.id;
    const id = this.count++;
    this.alike.set(key, [...list, { tensor, id }]);
    return id;
  }
}

/** Only tensors with the same ends are compared as a whole. */
function ends({ data }: Tensor): string {
  if (data.kind === 'strings') return '';
  const { length } = data.kind === 'bytes' ? data.bytes : data;
  const part = (from: number, to: number): string => {
    const bytes =
      data.kind === 'bytes' ? data.bytes.subarray(from, to) : data.source.read(data.offset + from, to - from);
    return Buffer.from(bytes).toString('latin1');
  };
  return part(0, Math.min(length, end)) + part(Math.max(0, length - end), length);
}
