/** An input of the model as the data has to fill it. */
import { type DataType } from '../graph/dataType';
import { LapidaryError } from '../protocol/errors';
import { elementTypeText } from '../report/elementType';
import { type PortInfo } from '../runtime/port';

/** Values for dynamic dimensions, from whoever runs the model. */
export interface ShapeBindings {
  readonly dims?: Readonly<Record<string, number>>;
  readonly inputShapes?: Readonly<Record<string, readonly number[]>>;
}

/** A tensor input; a dimension without a number takes what the data has. */
export interface InputSlot {
  readonly name: string;
  readonly dataType: DataType;
  /** undefined: even the rank is free. */
  readonly shape?: readonly (number | undefined)[];
}

/** The inputs that data can fill; throws for one that is not a tensor. */
export function slotsOf(ports: readonly PortInfo[], { dims, inputShapes }: ShapeBindings): InputSlot[] {
  return ports.map(({ name, dataType, shape }) => {
    if (dataType === undefined) {
      throw new LapidaryError('unsupported', `Input "${name}" is not a tensor: no data can be given for it.`, {
        tensor: name,
      });
    }
    const bound = inputShapes?.[name] ?? shape?.map((dim) => (typeof dim === 'number' ? dim : dims?.[dim]));
    return { name, dataType, ...(bound && { shape: bound }) };
  });
}

/** "float32[?,3,224,224]": an input as errors show it. */
export function showSlot({ dataType, shape }: InputSlot): string {
  return `${elementTypeText(dataType)}${shape ? `[${shape.map((dim) => dim ?? '?').join(',')}]` : ''}`;
}
