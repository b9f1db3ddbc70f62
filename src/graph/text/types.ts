/** Types of values in ONNX's textual syntax. */
import { type Dim, type Shape, type ValueType } from '../shape';
import { isIdentifier, quotable } from './literals';

/**
 * A type as text; undefined where the grammar has none (an element of unknown type). `float` is a scalar, `float[]` a tensor
 * of unknown rank.
 */
export function typeText(type: ValueType): string | undefined {
  switch (type.kind) {
    case 'tensor':
      return tensorTypeText(type.dataType, type.shape);
    case 'sparse-tensor': {
      const inner = tensorTypeText(type.dataType, type.shape);
      return inner && `sparse_tensor(${inner})`;
    }
    case 'sequence':
    case 'optional': {
      const inner = type.element && typeText(type.element);
      return inner && `${type.kind === 'sequence' ? 'seq' : 'optional'}(${inner})`;
    }
    case 'map': {
      const inner = type.value && typeText(type.value);
      return inner && `map(${type.key}, ${inner})`;
    }
    case 'opaque': {
      const words = [type.domain, type.name].filter((word) => word !== undefined && word !== '');
      const plain = words.every((word) => word!.split('.').every(isIdentifier));
      return plain && (type.name || !type.domain) ? `opaque(${words.join(', ')})` : undefined;
    }
  }
}

/** `float[N, 3]`; undefined for an unknown element type. */
export function tensorTypeText(dataType: string, shape: Shape | undefined): string | undefined {
  if (dataType === 'undefined') return undefined;
  if (!shape) return `${dataType}[]`;
  return shape.length === 0 ? dataType : `${dataType}[${shape.map(dimText).join(', ')}]`;
}

function dimText(dim: Dim): string {
  if (dim === null) return '?';
  return typeof dim === 'number' ? String(dim) : quotable(dim.toString());
}
