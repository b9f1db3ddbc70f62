/** Types of ONNX's textual syntax. */
import { isDataType, type DataType } from '../dataType';
import { Expression } from '../expression';
import { type Dim, type ValueType } from '../shape';
import { type Lexer } from './lexer';

const containers = new Set(['seq', 'map', 'optional', 'sparse_tensor', 'opaque']);

/** True when a type comes next. */
export function seesType(lexer: Lexer): boolean {
  const next = lexer.peekIdentifier();
  return next !== undefined && (isElementType(next) || containers.has(next));
}

/** A type. */
export function parseType(lexer: Lexer): ValueType {
  const name = lexer.identifier();
  if (isElementType(name)) return { kind: 'tensor', ...parseElements(lexer, name) };
  lexer.expect('(');
  const type = parseContainer(lexer, name);
  lexer.expect(')');
  return type;
}

function parseContainer(lexer: Lexer, name: string): ValueType {
  switch (name) {
    case 'seq':
      return { kind: 'sequence', element: parseType(lexer) };
    case 'optional':
      return { kind: 'optional', element: parseType(lexer) };
    case 'sparse_tensor':
      return { kind: 'sparse-tensor', ...parseElements(lexer, elementType(lexer)) };
    case 'map': {
      const key = elementType(lexer);
      lexer.expect(',');
      return { kind: 'map', key, value: parseType(lexer) };
    }
    case 'opaque': {
      if (lexer.sees(')')) return { kind: 'opaque' };
      const first = lexer.qualifiedName();
      return lexer.accept(',')
        ? { kind: 'opaque', domain: first, name: lexer.identifier() }
        : { kind: 'opaque', name: first };
    }
    default:
      return lexer.fail(`"${name}" is no type`);
  }
}

const isElementType = (name: string): name is DataType => isDataType(name) && name !== 'undefined';

function elementType(lexer: Lexer): DataType {
  const name = lexer.identifier();
  return isElementType(name) ? name : lexer.fail(`"${name}" is no element type`);
}

function parseElements(lexer: Lexer, dataType: DataType): { dataType: DataType; shape?: Dim[] } {
  if (!lexer.accept('[')) return { dataType, shape: [] };
  const shape: Dim[] = [];
  if (lexer.accept(']')) return { dataType };
  lexer.list(']', () => shape.push(parseDim(lexer)));
  return { dataType, shape };
}

function parseDim(lexer: Lexer): Dim {
  if (lexer.accept('?')) return null;
  const name = lexer.acceptName();
  return name === undefined ? Number(lexer.integer()) : Expression.symbol(name);
}
