/** GraphProto (and the body of a FunctionProto) to Graph. */
import {
  type GraphProto,
  type NodeProto,
  type SparseTensorProto,
  type TensorAnnotation as AnnotationProto,
  type TensorProto,
  type ValueInfoProto,
} from '../onnx/schema/onnx_pb';
import { LapidaryError } from '../protocol/errors';
import { attributeFromProto } from './fromOnnxAttribute';
import { inOrder } from './fromOnnxOrder';
import { mapOf, residueOf, type GraphRest, type SpareValueInfo } from './fromOnnxResidue';
import { sparseFromProto, tensorFromProto } from './fromOnnxTensor';
import { typeFromProto } from './fromOnnxType';
import { Graph, type TensorAnnotation } from './graph';
import { Node } from './node';
import { tensorType } from './shape';
import { Value } from './value';

const modelledOfGraph = new Set([
  ...['node', 'name', 'initializer', 'sparseInitializer', 'docString', 'input', 'output', 'valueInfo'],
  ...['quantizationAnnotation', 'metadataProps'],
]);
const modelledOfNode = new Set([
  ...['input', 'output', 'name', 'opType', 'domain', 'overload', 'attribute', 'docString', 'metadataProps'],
]);
const modelledOfValue = new Set(['name', 'type', 'docString', 'metadataProps']);
const modelledOfAnnotation = new Set(['tensorName', 'quantParameterTensorNames']);

/** Reads a graph; a body sees the values of `outer`. Throws `invalid-model` naming the node or the tensor. */
export function graphFromProto(proto: GraphProto, outer?: GraphReader): Graph {
  const reader = new GraphReader(proto.name, outer);
  const { graph } = reader;
  for (const info of proto.input) reader.input(info.name, info);
  for (const tensor of proto.initializer) reader.initializer(tensor);
  for (const sparse of proto.sparseInitializer) reader.sparseInitializer(sparse);
  reader.nodes(proto.node);
  for (const info of proto.output) reader.output(info.name, info);
  reader.valueInfos(proto.valueInfo);
  graph.docString = proto.docString === '' ? undefined : proto.docString;
  graph.metadata = new Map(mapOf(proto.metadataProps));
  graph.annotations = proto.quantizationAnnotation.map(annotationFromProto);
  const rest = residueOf(proto, modelledOfGraph)?.message ?? {};
  graph.residue = reader.residue(rest);
  return graph;
}

/** Builds one graph and resolves names to values, its own first, then those of the graphs around it. */
export class GraphReader {
  readonly graph: Graph;
  private readonly values = new Map<string, Value>();
  private readonly withDefault = new Set<string>();
  private readonly spareInfos: SpareValueInfo[] = [];
  private readonly spareOutputs: SpareValueInfo[] = [];

  constructor(
    name: string,
    private readonly outer?: GraphReader,
  ) {
    this.graph = new Graph(name, outer?.graph);
  }

  /** Declares an input; functions give no info. */
  input(name: string, info?: ValueInfoProto): void {
    const value = this.graph.addInput(this.define(name, 'graph input'));
    if (info) this.describe(value, info);
  }

  initializer(proto: TensorProto): void {
    const tensor = tensorFromProto(proto);
    const value = this.initialized(tensor.name);
    value.type ??= tensorType(tensor.dataType, tensor.shape);
    value.constant = tensor;
    this.graph.initializers.set(value.name, value);
  }

  sparseInitializer(proto: SparseTensorProto): void {
    const tensor = sparseFromProto(proto);
    const value = this.initialized(tensor.values.name);
    value.type ??= tensorType(tensor.values.dataType, tensor.shape);
    this.graph.sparseInitializers.push({ value, tensor });
  }

  nodes(protos: readonly NodeProto[]): void {
    for (const proto of inOrder(protos)) {
      try {
        this.graph.append(this.node(proto));
      } catch (thrown) {
        throw LapidaryError.from(thrown, 'invalid-model', { node: labelOf(proto) });
      }
    }
  }

  output(name: string, info?: ValueInfoProto): void {
    const value = this.find(name);
    if (!value) {
      throw new LapidaryError('invalid-model', `Graph output "${name}" is computed by no node.`, { tensor: name });
    }
    const isFirst = value.producer?.graph === this.graph && !this.graph.outputs.includes(value);
    this.graph.outputs.push(value);
    if (!info) return;
    if (isFirst) this.describe(value, info);
    else this.spareOutputs.push({ info, type: value.type, stale: false });
  }

  valueInfos(infos: readonly ValueInfoProto[]): void {
    const outputs = new Set(this.graph.outputs);
    for (const info of infos) {
      const value = this.values.get(info.name);
      const isInner = value?.producer !== undefined && !outputs.has(value);
      if (isInner && value.type === undefined && info.type) this.describe(value, info);
      else this.spareInfos.push({ info, type: value?.type, stale: value === undefined });
      if (!value) this.graph.claim(info.name);
    }
  }

  /** What the graph carries along besides `rest`. */
  residue(rest: unknown): { message: GraphRest } {
    return { message: { rest: rest as object, valueInfo: this.spareInfos, output: this.spareOutputs } };
  }

  /** A new value of this graph; its name must be free. */
  define(name: string, what: string): Value {
    if (name === '') throw new LapidaryError('invalid-model', `A ${what} has no name.`);
    if (this.values.has(name)) {
      throw new LapidaryError('invalid-model', `Two values are called "${name}".`, { tensor: name });
    }
    const value = new Value(name);
    this.values.set(name, value);
    return value;
  }

  /** The value of an initializer: a graph input of the same name (its default, then), or a new one. */
  private initialized(name: string): Value {
    const input = this.values.get(name);
    const free = input && !this.withDefault.has(name);
    this.withDefault.add(name);
    const value = free ? input : this.define(name, 'initializer');
    this.graph.claim(name);
    return value;
  }

  private find(name: string): Value | undefined {
    return this.values.get(name) ?? this.outer?.find(name);
  }

  private node(proto: NodeProto): Node {
    const inputs = proto.input.map((name) => {
      const value = name === '' ? undefined : this.find(name);
      if (name === '' || value) return value;
      throw new LapidaryError('invalid-model', `Input "${name}" is computed by no node.`, { tensor: name });
    });
    const attributes = proto.attribute.map((attribute) =>
      attributeFromProto(attribute, (body) => graphFromProto(body, this)),
    );
    const twice = attributes.find(({ name }, index) => attributes.findIndex((other) => other.name === name) < index);
    if (twice) throw new LapidaryError('invalid-model', `Attribute "${twice.name}" is given twice.`);
    return new Node({
      opType: proto.opType,
      domain: proto.domain,
      overload: proto.overload,
      name: proto.name,
      inputs,
      outputs: proto.output.map((name) => (name === '' ? undefined : this.define(name, 'node output'))),
      attributes,
      docString: proto.docString === '' ? undefined : proto.docString,
      metadata: mapOf(proto.metadataProps),
      residue: residueOf(proto, proto.domain === 'ai.onnx' ? modelledButDomain : modelledOfNode),
    });
  }

  private describe(value: Value, info: ValueInfoProto): void {
    value.type = typeFromProto(info.type);
    value.docString = info.docString === '' ? undefined : info.docString;
    value.metadata = mapOf(info.metadataProps);
    // A type of an unknown kind has no other place to be.
    const modelled = info.type && !value.type ? modelledButType : modelledOfValue;
    value.residue = residueOf(info, modelled);
  }
}

/** The domain spelled out is the same as ''; the residue keeps the spelling. */
const modelledButDomain = new Set([...modelledOfNode].filter((name) => name !== 'domain'));
const modelledButType = new Set([...modelledOfValue].filter((name) => name !== 'type'));

function annotationFromProto(proto: AnnotationProto): TensorAnnotation {
  return {
    tensorName: proto.tensorName,
    parameters: mapOf(proto.quantParameterTensorNames),
    residue: residueOf(proto, modelledOfAnnotation),
  };
}

const labelOf = (proto: NodeProto): string =>
  proto.name || (proto.output[0] ? `${proto.opType} → ${proto.output[0]}` : proto.opType);
