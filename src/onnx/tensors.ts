/** Finds every tensor of a model, wherever the schema allows one. */
import {
  type AttributeProto,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  type SparseTensorProto,
  type TensorProto,
  type TrainingInfoProto,
} from './schema/onnx_pb';

/** All tensors of a model: initializers, attributes, subgraphs, functions, training info. */
export function* tensorsOfModel(model: ModelProto): Generator<TensorProto> {
  if (model.graph) yield* ofGraph(model.graph);
  for (const info of model.trainingInfo) yield* tensorsOfTraining(info);
  for (const definition of model.functions) {
    yield* ofNodes(definition.node);
    for (const attribute of definition.attributeProto) yield* ofAttribute(attribute);
  }
}

/** All tensors of one piece of training info. */
export function* tensorsOfTraining(info: TrainingInfoProto): Generator<TensorProto, undefined> {
  if (info.initialization) yield* ofGraph(info.initialization);
  if (info.algorithm) yield* ofGraph(info.algorithm);
}

function* ofGraph(graph: GraphProto): Generator<TensorProto> {
  yield* graph.initializer;
  for (const sparse of graph.sparseInitializer) yield* ofSparse(sparse);
  yield* ofNodes(graph.node);
}

function* ofNodes(nodes: readonly NodeProto[]): Generator<TensorProto> {
  for (const node of nodes) for (const attribute of node.attribute) yield* ofAttribute(attribute);
}

function* ofAttribute(attribute: AttributeProto): Generator<TensorProto> {
  if (attribute.t) yield attribute.t;
  if (attribute.g) yield* ofGraph(attribute.g);
  if (attribute.sparseTensor) yield* ofSparse(attribute.sparseTensor);
  yield* attribute.tensors;
  for (const graph of attribute.graphs) yield* ofGraph(graph);
  for (const sparse of attribute.sparseTensors) yield* ofSparse(sparse);
}

function* ofSparse(sparse: SparseTensorProto): Generator<TensorProto> {
  if (sparse.values) yield sparse.values;
  if (sparse.indices) yield sparse.indices;
}
