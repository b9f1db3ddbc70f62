/** Attributes in ONNX's textual syntax. */
import { type Attribute, type AttributeValue } from '../attribute';
import { isDataType } from '../dataType';
import { type Graph } from '../graph';
import { type Tensor } from '../tensor';
import { floatAttributeLiteral, isIdentifier, quotable, quoted } from './literals';
import { isText, utf8 } from './tensors';
import { tensorTypeText, typeText } from './types';

/** What an attribute needs from the printer around it. */
export interface AttributeHost {
  omitIf(condition: boolean, what: string): void;
  contents(tensor: Tensor): string;
  nestedGraph(graph: Graph, name: string): string;
}

/** Names of attribute types by their number in AttributeProto. */
const typeNames: Readonly<Record<number, string>> = {
  1: 'float',
  2: 'int',
  3: 'string',
  4: 'tensor',
  5: 'graph',
  6: 'floats',
  7: 'ints',
  8: 'strings',
  9: 'tensors',
  10: 'graphs',
  11: 'sparse_tensor',
  12: 'sparse_tensors',
  13: 'type_proto',
  14: 'type_protos',
};

/** Number of an attribute type in AttributeProto by its name in the text. */
export const attributeTypeOf = (name: string): number | undefined => {
  const found = Object.entries(typeNames).find(([, text]) => text === name);
  return found && Number(found[0]);
};

/** `name: type = value`; undefined for what the grammar cannot say. */
export function attributeText(attribute: Attribute, host: AttributeHost): string | undefined {
  host.omitIf(attribute.docString !== undefined && attribute.docString !== '', 'documentation of attributes');
  const value = isIdentifier(attribute.name) ? valueText(attribute.payload, host) : undefined;
  host.omitIf(!isIdentifier(attribute.name), 'attributes whose name is not an identifier');
  if (value === undefined) return undefined;
  const { payload } = attribute;
  const type = payload.kind === 'reference' ? typeNames[payload.type] : textKind(payload.kind);
  return type === undefined ? `${attribute.name} = ${value}` : `${attribute.name}: ${type} = ${value}`;
}

const textKind = (kind: AttributeValue['kind']): string =>
  kind === 'type' ? 'type_proto' : kind === 'sparse-tensor' ? 'sparse_tensor' : kind;

function valueText(payload: AttributeValue, host: AttributeHost): string | undefined {
  const string = (bytes: Uint8Array): string => {
    host.omitIf(!isText(bytes), 'strings that are not UTF-8 text');
    return quoted(utf8(bytes));
  };
  switch (payload.kind) {
    case 'float':
      return floatAttributeLiteral(payload.value);
    case 'int':
      return payload.value.toString();
    case 'string':
      return string(payload.value);
    case 'floats':
      return `[${payload.value.map(floatAttributeLiteral).join(', ')}]`;
    case 'ints':
      return `[${payload.value.join(', ')}]`;
    case 'strings':
      return `[${payload.value.map(string).join(', ')}]`;
    case 'tensor':
      return tensorText(payload.value, host);
    case 'graph':
      return graphText(payload.value, host);
    case 'type':
      return typeText(payload.value);
    case 'reference':
      return `@${quotable(payload.refName)}`;
    case 'tensors':
    case 'graphs':
    case 'types':
    case 'sparse-tensor':
    case 'sparse-tensors':
    case 'unknown':
      host.omitIf(true, `attributes of kind ${payload.kind}`);
      return undefined;
  }
}

function tensorText(tensor: Tensor, host: AttributeHost): string | undefined {
  const type = tensorTypeText(tensor.dataType, tensor.shape);
  host.omitIf(type === undefined, 'tensors of undefined type');
  // ONNX's parser takes no quoted name here.
  const named = isIdentifier(tensor.name) && !isDataType(tensor.name) && !reserved.has(tensor.name);
  host.omitIf(!named && tensor.name !== '', 'names of tensor attributes that are not identifiers');
  return type && `${type}${named ? ` ${tensor.name} =` : ''} ${host.contents(tensor)}`;
}

/** Words that a parser would take for a type or a number rather than for the name of a graph. */
const reserved = new Set(['seq', 'map', 'optional', 'sparse_tensor', 'opaque', 'inf', 'infinity', 'nan']);

function graphText(graph: Graph, host: AttributeHost): string {
  const plain = isIdentifier(graph.name) && !isDataType(graph.name) && !reserved.has(graph.name.toLowerCase());
  host.omitIf(!plain, 'names of subgraphs that are not identifiers');
  return host.nestedGraph(graph, plain ? graph.name : 'body');
}
