/** Graph to GraphProto. */
import { newMessage } from '../onnx/messages';
import {
  type GraphProto,
  type NodeProto,
  type TensorAnnotation as AnnotationProto,
  type ValueInfoProto,
} from '../onnx/schema/onnx_pb';
import { type GraphRest, type SpareValueInfo } from './fromOnnxResidue';
import { type Graph, type TensorAnnotation } from './graph';
import { type Node } from './node';
import { attributeToProto } from './toOnnxAttribute';
import { entriesOf, fromResidue } from './toOnnxResidue';
import { sparseToProto, tensorToProto } from './toOnnxTensor';
import { typeToProto } from './toOnnxType';
import { type Value } from './value';

/** Writes a graph with everything in it. */
export function graphToProto(graph: Graph): GraphProto {
  const proto = newMessage('GraphProto', restOf(graph).rest);
  if (graph.name !== '') proto.name = graph.name;
  if (graph.docString) proto.docString = graph.docString;
  proto.input = graph.inputs.map(infoOf);
  proto.output = outputInfos(graph);
  proto.valueInfo = valueInfosOf(graph);
  proto.initializer = [...graph.initializers.values()].map(({ name, constant }) =>
    tensorToProto(constant!.name === name ? constant! : constant!.with({ name })),
  );
  proto.sparseInitializer = graph.sparseInitializers.map(({ value, tensor }) =>
    sparseToProto({ ...tensor, values: tensor.values.with({ name: value.name }) }),
  );
  proto.node = [...graph.nodes()].map(nodeToProto);
  proto.quantizationAnnotation = graph.annotations.map(annotationToProto);
  proto.metadataProps = entriesOf(graph.metadata, proto.metadataProps);
  return proto;
}

/** Writes a node with the bodies it holds. */
export function nodeToProto(node: Node): NodeProto {
  const proto = fromResidue('NodeProto', node.residue);
  proto.input = node.inputs.map((value) => value?.name ?? '');
  proto.output = node.outputs.map((value) => value?.name ?? '');
  if (node.name !== '') proto.name = node.name;
  proto.opType = node.opType;
  if (node.domain !== '') proto.domain = node.domain;
  if (node.overload !== '') proto.overload = node.overload;
  proto.attribute = [...node.attributes.values()].map((attribute) => attributeToProto(attribute, graphToProto));
  if (node.docString) proto.docString = node.docString;
  proto.metadataProps = entriesOf(node.metadata, proto.metadataProps);
  return proto;
}

/** Declared types of inner values: what value_info is made of. */
export function valueInfosOf(graph: Graph): ValueInfoProto[] {
  const outputs = new Set(graph.outputs);
  const names = definedIn(graph);
  const infos: ValueInfoProto[] = [];
  for (const node of graph.nodes()) {
    for (const value of node.outputs) if (value?.type && !outputs.has(value)) infos.push(infoOf(value));
  }
  const written = new Set(infos.map(({ name }) => name));
  return [
    ...infos,
    ...restOf(graph)
      .valueInfo.filter((spare) => !written.has(spare.info.name) && holds(spare, names))
      .map(({ info }) => info),
  ];
}

/** Everything that says what a value is, as the file's ValueInfoProto. */
function infoOf(value: Value): ValueInfoProto {
  const info = fromResidue('ValueInfoProto', value.residue);
  info.name = value.name;
  if (value.type) info.type = typeToProto(value.type);
  if (value.docString) info.docString = value.docString;
  info.metadataProps = entriesOf(value.metadata, info.metadataProps);
  return info;
}

function outputInfos(graph: Graph): ValueInfoProto[] {
  const spares = [...restOf(graph).output];
  const seen = new Set<Value>(graph.inputs);
  return graph.outputs.map((value) => {
    const own = value.producer?.graph === graph && !seen.has(value);
    seen.add(value);
    const spare = own ? -1 : spares.findIndex(({ info, type }) => info.name === value.name && type === value.type);
    return spare < 0 ? infoOf(value) : spares.splice(spare, 1)[0]!.info;
  });
}

/** True while a spare info says of its value what it said when it was read. */
function holds(spare: SpareValueInfo, names: ReadonlyMap<string, Value>): boolean {
  const value = names.get(spare.info.name);
  return spare.stale ? value === undefined : value !== undefined && value.type === spare.type;
}

function definedIn(graph: Graph): Map<string, Value> {
  const values = [
    ...graph.inputs,
    ...graph.initializers.values(),
    ...graph.sparseInitializers.map(({ value }) => value),
  ];
  for (const node of graph.nodes()) for (const value of node.outputs) if (value) values.push(value);
  return new Map(values.map((value) => [value.name, value]));
}

const nothing: GraphRest = { rest: {}, valueInfo: [], output: [] };

function restOf(graph: Graph): GraphRest {
  return (graph.residue?.message as GraphRest | undefined) ?? nothing;
}

function annotationToProto(annotation: TensorAnnotation): AnnotationProto {
  const proto = fromResidue('TensorAnnotation', annotation.residue);
  proto.tensorName = annotation.tensorName;
  proto.quantParameterTensorNames = entriesOf(annotation.parameters, proto.quantParameterTensorNames);
  return proto;
}
