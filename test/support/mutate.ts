/** Damages models on purpose: bytes that lie, and messages that parse but make no sense. Seeded, so that finds repeat. */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  AttributeProto_AttributeType as Type,
  AttributeProtoSchema,
  type GraphProto,
  GraphProtoSchema,
  ModelProtoSchema,
  type ModelProto,
  NodeProtoSchema,
} from '../../src/onnx/schema/onnx_pb';
import { below } from './random';

/** One kind of damage; returns bytes of its own. */
export type Mutation = (bytes: Uint8Array, random: () => number) => Uint8Array;

/** Flips one to four bits. */
export const flipBits: Mutation = (original, random) => {
  const bytes = Uint8Array.from(original);
  for (let flips = 1 + below(random, 4); flips > 0; flips--) {
    bytes[below(random, bytes.length)]! ^= 1 << below(random, 8);
  }
  return bytes;
};

/** Cuts the end off. */
const truncate: Mutation = (bytes, random) => bytes.slice(0, below(random, bytes.length));

/** Puts up to eight random bytes over what was there. */
export const overwrite: Mutation = (original, random) => {
  const bytes = Uint8Array.from(original);
  const at = below(random, bytes.length);
  bytes.set(
    Array.from({ length: Math.min(8, bytes.length - at) }, () => below(random, 256)),
    at,
  );
  return bytes;
};

/** Copies a stretch of the file somewhere else in it: fields land where they do not belong. */
export const splice: Mutation = (bytes, random) => {
  const from = below(random, bytes.length);
  const piece = bytes.subarray(from, from + 1 + below(random, 200));
  const at = below(random, bytes.length);
  const dropped = random() < 0.5 ? piece.length : 0;
  return Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(Math.min(bytes.length, at + dropped))]);
};

/** Changes a model as a message; what cannot be parsed stays as it is. */
const structural =
  (change: (model: ModelProto & { graph: GraphProto }, random: () => number) => void): Mutation =>
  (bytes, random) => {
    const model = fromBinary(ModelProtoSchema, bytes);
    const { graph } = model;
    if (graph) change({ ...model, graph }, random);
    return toBinary(ModelProtoSchema, model);
  };

const pick = <T>(items: readonly T[], random: () => number): T | undefined => items[below(random, items.length)];

const hugeNumbers = [2n ** 31n, 2n ** 40n, 2n ** 62n, 2n ** 63n - 1n, -1n, -(2n ** 63n), 0n, 100_000_000n];

/** A dimension of a tensor, of a type, or of an attribute becomes enormous, negative or zero. */
const hugeDims = structural(({ graph }, random) => {
  const size = pick(hugeNumbers, random)!;
  const choice = below(random, 3);
  const tensor = pick(graph.initializer, random);
  const info = pick([...graph.input, ...graph.valueInfo, ...graph.output], random);
  const attribute = pick(
    graph.node.flatMap((node) => node.attribute),
    random,
  );
  if (choice === 0 && tensor) tensor.dims[below(random, tensor.dims.length + 1)] = size;
  else if (choice === 1 && info?.type?.value.case === 'tensorType') {
    const dims = info.type.value.value.shape?.dim;
    const dim = dims && pick(dims, random);
    if (dim) dim.value = { case: 'dimValue', value: size };
  } else if (attribute) {
    attribute.i = size;
    if (attribute.ints.length > 0) attribute.ints[below(random, attribute.ints.length)] = size;
  }
});

/** Bodies inside bodies, far deeper than anybody writes them. */
const deepNesting = structural(({ graph }, random) => {
  let body = create(GraphProtoSchema, { name: 'deepest' });
  for (let depth = 10 + below(random, 400); depth > 0; depth--) {
    const attribute = create(AttributeProtoSchema, { name: 'then_branch', type: Type.GRAPH, g: body });
    const node = create(NodeProtoSchema, {
      opType: 'If',
      input: ['c'],
      output: [`deep${depth}`],
      attribute: [attribute],
    });
    body = create(GraphProtoSchema, { name: `body${depth}`, node: [node] });
  }
  graph.node.push(...body.node);
});

/** A node reads what a later one, or itself, makes. */
const cycle = structural(({ graph }, random) => {
  const node = pick(graph.node, random);
  const later = pick(graph.node, random)?.output[0];
  if (node && later !== undefined) node.input[below(random, Math.max(1, node.input.length))] = later;
});

/** Two things of one name: values, initializers, inputs. */
const nameClash = structural(({ graph }, random) => {
  const names = [
    ...graph.node.flatMap((node) => node.output),
    ...[...graph.input, ...graph.output, ...graph.initializer].map(({ name }) => name),
  ];
  const name = pick(names, random);
  if (name === undefined) return;
  const thing = pick([...graph.node, ...graph.input, ...graph.output, ...graph.initializer], random);
  if (!thing) return;
  if ('output' in thing) thing.output[0] = name;
  else thing.name = name;
});

/** Weights are said to be in a file outside the folder, or in none. */
const strayData = structural(({ graph }, random) => {
  const tensor = pick(graph.initializer, random);
  if (!tensor) return;
  const location = pick(['../outside.bin', '/etc/passwd', 'weights.bin', '', '\0', '..'], random)!;
  const offset = String(pick(hugeNumbers, random));
  tensor.dataLocation = 1;
  tensor.rawData = new Uint8Array(0);
  tensor.externalData = [
    { $typeName: 'onnx.StringStringEntryProto', key: 'location', value: location },
    { $typeName: 'onnx.StringStringEntryProto', key: 'offset', value: offset },
    { $typeName: 'onnx.StringStringEntryProto', key: 'length', value: String(pick(hugeNumbers, random)) },
  ];
});

/** An operator, a domain or a type that the node was not made for. */
const otherOperator = structural(({ graph }, random) => {
  const node = pick(graph.node, random);
  const other = pick(graph.node, random);
  if (!node || !other) return;
  const choice = below(random, 3);
  if (choice === 0) node.opType = other.opType;
  else if (choice === 1) node.attribute.push(...other.attribute);
  else node.input.splice(below(random, node.input.length + 1), below(random, 2), ...other.input.slice(0, 1));
});

/** Every kind of damage, by name. */
export const mutations: Readonly<Record<string, Mutation>> = {
  flipBits,
  truncate,
  overwrite,
  splice,
  hugeDims,
  deepNesting,
  cycle,
  nameClash,
  strayData,
  otherOperator,
};
