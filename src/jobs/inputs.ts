/** Which input of one model is which of another: by name, or by position when the names differ. */
import { castTensor } from '../data/cast';
import { LapidaryError } from '../protocol/errors';
import { type DataSpec } from '../protocol/jobs';
import { elementTypeText } from '../report/elementType';
import { type Feeds, type InferenceSession, type PortInfo } from '../runtime/port';

/** What to do where a model fails on inputs that were made up. */
export const randomHint = 'The inputs were random: give data or dimensions (--data, --dim) that the model accepts.';

/** A failure of a pass, with `randomHint` where the model failed in a run without real data. */
export function mindRandom(error: LapidaryError, data: DataSpec | undefined): LapidaryError {
  const isRandom = data === undefined || data.source === 'random';
  const failedInRun = error.code === 'runtime-failed' && /while running/.test(error.message);
  return isRandom && failedInRun ? error.at({ hint: randomHint }) : error;
}

type Model = Pick<InferenceSession, 'inputs'>;

const hint = 'Only models that take the same inputs can be compared.';

/** For each input of `b`, that of `a`. Throws `unsupported` when there is none. */
function counterparts(a: Model, b: Model): (readonly [of: PortInfo, is: PortInfo])[] {
  const names = new Map(a.inputs.map((port) => [port.name, port]));
  const byName = b.inputs.every((port) => names.has(port.name));
  return b.inputs.map((port, index) => {
    const twin = byName ? names.get(port.name) : a.inputs[index];
    if (twin) return [port, twin] as const;
    throw new LapidaryError('unsupported', `Input "${port.name}" of the second model has no counterpart.`, {
      tensor: port.name,
      hint,
    });
  });
}

/** Throws `unsupported` when `b` cannot be fed what `a` takes: it has other inputs, or inputs of other shapes. */
export function checkInputs(a: Model, b: Model, path: string): void {
  for (const [port, twin] of counterparts(a, b)) {
    if (!port.shape || !twin.shape || fits(port.shape, twin.shape)) continue;
    const message = `Input "${port.name}" of the second model takes ${show(port)}, "${twin.name}" of the first ${show(twin)}.`;
    throw new LapidaryError('unsupported', message, { model: path, tensor: port.name, hint });
  }
}

type PortShape = NonNullable<PortInfo['shape']>;

const fits = (shape: PortShape, other: PortShape): boolean =>
  shape.length === other.length &&
  shape.every((dim, axis) => typeof dim === 'string' || typeof other[axis] === 'string' || dim === other[axis]);

const show = ({ dataType, shape = [] }: PortInfo): string =>
  `${elementTypeText(dataType ?? 'no tensor')}[${shape.map((dim) => (dim === '' ? '?' : dim)).join(', ')}]`;

/** The inputs of `a` under the names and in the element types that `b` takes. */
export function feedsFor(b: Model, a: Model, feeds: Feeds): Feeds {
  const entries = counterparts(a, b).map(([{ name, dataType }, twin]) => {
    const tensor = feeds[twin.name]!;
    return [name, dataType === undefined ? tensor : castTensor(tensor, dataType)] as const;
  });
  return Object.fromEntries(entries);
}
