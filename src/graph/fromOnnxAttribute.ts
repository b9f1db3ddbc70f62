/** AttributeProto to Attribute. */
import { type AttributeProto, type GraphProto } from '../onnx/schema/onnx_pb';
import { attributeType as Type, type AttributeType } from '../onnx/schema/fieldTable';
import { LapidaryError } from '../protocol/errors';
import { Attribute, type AttributeValue } from './attribute';
import { residueOf } from './fromOnnxResidue';
import { sparseFromProto, tensorFromProto } from './fromOnnxTensor';
import { typeFromProto } from './fromOnnxType';
import { type Graph } from './graph';
import { type ValueType } from './shape';

/** Fields that hold the payload of each type. */
const fieldOf = {
  [Type.UNDEFINED]: undefined,
  [Type.FLOAT]: 'f',
  [Type.INT]: 'i',
  [Type.STRING]: 's',
  [Type.TENSOR]: 't',
  [Type.GRAPH]: 'g',
  [Type.TYPE_PROTO]: 'tp',
  [Type.SPARSE_TENSOR]: 'sparseTensor',
  [Type.FLOATS]: 'floats',
  [Type.INTS]: 'ints',
  [Type.STRINGS]: 'strings',
  [Type.TENSORS]: 'tensors',
  [Type.GRAPHS]: 'graphs',
  [Type.TYPE_PROTOS]: 'typeProtos',
  [Type.SPARSE_TENSORS]: 'sparseTensors',
} as const satisfies Record<AttributeType, keyof AttributeProto | undefined>;

/** Reads an attribute; `graph` reads the body of a subgraph. */
export function attributeFromProto(proto: AttributeProto, graph: (proto: GraphProto) => Graph): Attribute {
  const type = proto.refAttrName === '' ? typeOf(proto) : codeOf(proto);
  const payload = payloadOf(proto, type, graph);
  const field = payload.kind === 'reference' ? 'refAttrName' : payload.kind === 'unknown' ? undefined : fieldOf[type];
  const modelled = new Set<string>(['name', 'docString', 'type']);
  const residue = residueOf(proto, field ? modelled.add(field) : modelled);
  return new Attribute(proto.name, payload, proto.docString === '' ? undefined : proto.docString, residue);
}

/** The declared type, or for files older than IR version 2 the one whose field is there. */
function typeOf(proto: AttributeProto): AttributeType {
  if (codeOf(proto) !== Type.UNDEFINED) return codeOf(proto);
  const present = Object.entries(fieldOf).find(([, field]) => {
    const value = field && Object.hasOwn(proto, field) ? proto[field] : undefined;
    return Array.isArray(value) ? value.length > 0 : value !== undefined;
  });
  return present ? (Number(present[0]) as AttributeType) : Type.UNDEFINED;
}

const codeOf = (proto: AttributeProto): AttributeType => proto.type as number as AttributeType;

function payloadOf(proto: AttributeProto, type: AttributeType, graph: (proto: GraphProto) => Graph): AttributeValue {
  if (proto.refAttrName !== '') return { kind: 'reference', refName: proto.refAttrName, type };
  switch (type) {
    case Type.FLOAT:
      return { kind: 'float', value: proto.f };
    case Type.INT:
      return { kind: 'int', value: proto.i };
    case Type.STRING:
      return { kind: 'string', value: Uint8Array.from(proto.s) };
    case Type.TENSOR:
      return { kind: 'tensor', value: tensorFromProto(required(proto, proto.t)) };
    case Type.GRAPH:
      return { kind: 'graph', value: graph(required(proto, proto.g)) };
    case Type.SPARSE_TENSOR:
      return { kind: 'sparse-tensor', value: sparseFromProto(required(proto, proto.sparseTensor)) };
    case Type.FLOATS:
      return { kind: 'floats', value: proto.floats };
    case Type.INTS:
      return { kind: 'ints', value: proto.ints };
    case Type.STRINGS:
      return { kind: 'strings', value: proto.strings.map((text) => Uint8Array.from(text)) };
    case Type.TENSORS:
      return { kind: 'tensors', value: proto.tensors.map(tensorFromProto) };
    case Type.GRAPHS:
      return { kind: 'graphs', value: proto.graphs.map(graph) };
    case Type.SPARSE_TENSORS:
      return { kind: 'sparse-tensors', value: proto.sparseTensors.map(sparseFromProto) };
    case Type.TYPE_PROTO: {
      const value = typeFromProto(proto.tp);
      return value ? { kind: 'type', value } : { kind: 'unknown', type };
    }
    case Type.TYPE_PROTOS: {
      const types = proto.typeProtos.map(typeFromProto);
      const known = types.filter((item): item is ValueType => item !== undefined);
      return known.length === types.length ? { kind: 'types', value: known } : { kind: 'unknown', type };
    }
    default:
      return { kind: 'unknown', type };
  }
}

function required<T>(proto: AttributeProto, value: T | undefined): T {
  if (value !== undefined) return value;
  throw new LapidaryError(
    'invalid-model',
    `Attribute "${proto.name}" says it is a ${Object.keys(Type)[proto.type]} but holds none.`,
  );
}
