/** Attribute to AttributeProto. */
import { type AttributeProto, type GraphProto } from '../onnx/schema/onnx_pb';
import { attributeType as Type } from '../onnx/schema/fieldTable';
import { type Attribute } from './attribute';
import { type Graph } from './graph';
import { fromResidue } from './toOnnxResidue';
import { sparseToProto, tensorToProto } from './toOnnxTensor';
import { typeToProto } from './toOnnxType';

/** Writes an attribute; `graph` writes the body of a subgraph. */
export function attributeToProto(attribute: Attribute, graph: (body: Graph) => GraphProto): AttributeProto {
  const proto = fromResidue('AttributeProto', attribute.residue);
  proto.name = attribute.name;
  if (attribute.docString) proto.docString = attribute.docString;
  return Object.assign(proto, fieldsOf(attribute, graph));
}

function fieldsOf({ payload }: Attribute, graph: (body: Graph) => GraphProto): Partial<AttributeProto> {
  switch (payload.kind) {
    case 'float':
      return { type: Type.FLOAT, f: payload.value };
    case 'int':
      return { type: Type.INT, i: payload.value };
    case 'string':
      return { type: Type.STRING, s: payload.value };
    case 'tensor':
      return { type: Type.TENSOR, t: tensorToProto(payload.value) };
    case 'sparse-tensor':
      return { type: Type.SPARSE_TENSOR, sparseTensor: sparseToProto(payload.value) };
    case 'graph':
      return { type: Type.GRAPH, g: graph(payload.value) };
    case 'type':
      return { type: Type.TYPE_PROTO, tp: typeToProto(payload.value) };
    case 'floats':
      return { type: Type.FLOATS, floats: [...payload.value] };
    case 'ints':
      return { type: Type.INTS, ints: [...payload.value] };
    case 'strings':
      return { type: Type.STRINGS, strings: [...payload.value] };
    case 'tensors':
      return { type: Type.TENSORS, tensors: payload.value.map(tensorToProto) };
    case 'sparse-tensors':
      return { type: Type.SPARSE_TENSORS, sparseTensors: payload.value.map(sparseToProto) };
    case 'graphs':
      return { type: Type.GRAPHS, graphs: payload.value.map(graph) };
    case 'types':
      return { type: Type.TYPE_PROTOS, typeProtos: payload.value.map(typeToProto) };
    case 'reference':
      return { refAttrName: payload.refName, ...(payload.type === 0 ? {} : { type: payload.type }) };
    case 'unknown':
      return payload.type === 0 ? {} : { type: payload.type };
  }
}
