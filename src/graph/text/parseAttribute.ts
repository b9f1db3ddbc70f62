/** Attributes of ONNX's textual syntax. */
import { Attribute, type AttributeValue } from '../attribute';
import { type Graph } from '../graph';
import { type ValueType } from '../shape';
import { type Tensor } from '../tensor';
import { type Lexer } from './lexer';
import { parseType, seesType } from './parseType';
import { attributeTypeOf } from './printAttribute';
import { numberOf, tensorOfLiterals } from './tensors';

/** `name: type = value`, after the name; bodies are parsed by `graph`. */
export function parseAttribute(lexer: Lexer, name: string, graph: () => Graph): Attribute {
  const typeName = lexer.accept(':') ? lexer.identifier() : undefined;
  const type = typeName === undefined ? undefined : attributeTypeOf(typeName);
  if (typeName !== undefined && type === undefined) lexer.fail(`"${typeName}" is no attribute type`);
  lexer.expect('=');
  if (lexer.accept('@')) {
    return new Attribute(name, { kind: 'reference', refName: lexer.name(), type: type ?? 0 });
  }
  if (!lexer.accept('[')) return new Attribute(name, parseSingle(lexer, typeName, graph));
  const literals: { kind: string; text: string }[] = [];
  lexer.list(']', () => literals.push(lexer.literal()));
  return new Attribute(name, listOf(lexer, typeName ?? listKind(literals), literals));
}

function listKind(literals: readonly { kind: string }[]): string | undefined {
  if (literals.length === 0) return undefined;
  if (literals.every(({ kind }) => kind === 'int')) return 'ints';
  return literals.every(({ kind }) => kind === 'string') ? 'strings' : 'floats';
}

function listOf(
  lexer: Lexer,
  type: string | undefined,
  literals: readonly { kind: string; text: string }[],
): AttributeValue {
  const misfit = (wanted: string): boolean =>
    literals.some(({ kind }) => (kind === 'string') !== (wanted === 'string'));
  switch (type) {
    case 'ints':
      if (literals.some(({ kind }) => kind !== 'int')) lexer.fail('expected whole numbers');
      return { kind: 'ints', value: literals.map(({ text }) => BigInt(text)) };
    case 'floats':
      if (misfit('number')) lexer.fail('expected numbers');
      return { kind: 'floats', value: literals.map(({ text }) => float32Of(text)) };
    case 'strings':
      if (misfit('string')) lexer.fail('expected strings');
      return { kind: 'strings', value: literals.map(({ text }) => new TextEncoder().encode(text)) };
    default:
      return lexer.fail('this list has to say its type: ints, floats or strings');
  }
}

function parseSingle(lexer: Lexer, typeName: string | undefined, graph: () => Graph): AttributeValue {
  const value = parseUntyped(lexer, graph);
  const wanted = typeName === 'type_proto' ? 'type' : typeName;
  if (wanted === undefined || wanted === value.kind) return value;
  if (wanted === 'float' && value.kind === 'int') return { kind: 'float', value: Math.fround(Number(value.value)) };
  return lexer.fail(`a ${value.kind} stands where a ${wanted} was declared`);
}

function parseUntyped(lexer: Lexer, graph: () => Graph): AttributeValue {
  if (seesType(lexer)) {
    const type = parseType(lexer);
    const isTensor = lexer.sees('{') || lexer.sees('=') || lexer.sees('"') || lexer.peekIdentifier() !== undefined;
    if (!isTensor) return { kind: 'type', value: type };
    const name = lexer.acceptName() ?? '';
    lexer.accept('=');
    return { kind: 'tensor', value: parseTensor(lexer, name, type) };
  }
  if (!lexer.seesLiteral()) return { kind: 'graph', value: graph() };
  const { kind, text } = lexer.literal();
  if (kind === 'int') return { kind: 'int', value: BigInt(text) };
  if (kind === 'float') return { kind: 'float', value: float32Of(text) };
  return { kind: 'string', value: new TextEncoder().encode(text) };
}

/** The contents of a tensor whose type has been read: `{1, 2}`. */
export function parseTensor(lexer: Lexer, name: string, type: ValueType): Tensor {
  if (type.kind !== 'tensor' || !type.shape) return lexer.fail('a constant has to be a tensor of known rank');
  const shape = type.shape.map((dim) =>
    typeof dim === 'number' ? dim : lexer.fail('a constant has fixed dimensions'),
  );
  if (lexer.accept('...')) lexer.fail(`the contents of "${name}" were left out when this text was printed`);
  if (lexer.sees('[')) lexer.fail(`"${name}" refers to external data, which text cannot bring along`);
  lexer.expect('{');
  const literals: string[] = [];
  lexer.list('}', () => literals.push(lexer.literal().text));
  return tensorOfLiterals(name, type.dataType, shape, literals);
}

const float32Of = (text: string): number => Math.fround(numberOf(text) ?? NaN);
