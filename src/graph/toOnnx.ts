/** Writes the IR as ONNX. Weights stream from where they are; the file appears whole or not at all. */
import { encodeOnnx } from '../onnx/bytes';
import { copyOf, newMessage } from '../onnx/messages';
import { payloadOf, setPayload } from '../onnx/payload';
import {
  type FunctionProto,
  type ModelProto,
  type OperatorSetIdProto,
  type TrainingInfoProto,
} from '../onnx/schema/onnx_pb';
import { tensorsOfTraining } from '../onnx/tensors';
import { writeOnnx, type WriteOptions, type WrittenFiles } from '../onnx/write';
import { domainOf, opsetsFromProto } from './fromOnnxOpsets';
import { type Model, type ModelFunction } from './model';
import { attributeToProto } from './toOnnxAttribute';
import { graphToProto, nodeToProto, valueInfosOf } from './toOnnxGraph';
import { entriesOf, fromResidue } from './toOnnxResidue';

export { type WriteOptions, type WrittenFile, type WrittenFiles } from '../onnx/write';

/**
 * Writes a model to `path`, replacing what is there only once everything is on the disk. External data, when asked for
 * or needed (over 1.9 GB, or where the model was read with some), goes to `<path>.data`. Saving over the file that the
 * weights come from is safe, but the model in hand must be read anew after it. Throws `io`, `unsupported`, `cancelled`.
 */
export async function writeModel(model: Model, path: string, options: WriteOptions = {}): Promise<WrittenFiles> {
  const asBefore = [...model.graph.initializers.values()].some(({ constant }) => constant?.external) || undefined;
  return writeOnnx(modelToProto(model), path, { ...options, externalData: options.externalData ?? asBefore });
}

/** A model as bytes with all weights inside; throws `unsupported` above 1.9 GB. */
export function encodeModel(model: Model): Uint8Array {
  return encodeOnnx(modelToProto(model));
}

function modelToProto(model: Model): ModelProto {
  const proto = fromResidue('ModelProto', model.residue);
  if (model.irVersion !== 0) proto.irVersion = BigInt(model.irVersion);
  if (model.producerName !== '') proto.producerName = model.producerName;
  if (model.producerVersion !== '') proto.producerVersion = model.producerVersion;
  if (model.domain !== '') proto.domain = model.domain;
  if (model.modelVersion !== 0n) proto.modelVersion = model.modelVersion;
  if (model.docString !== '') proto.docString = model.docString;
  proto.graph = graphToProto(model.graph);
  proto.opsetImport = opsetsToProto(model.opsets, proto.opsetImport);
  proto.metadataProps = entriesOf(model.metadata, proto.metadataProps);
  proto.functions = model.functions.map(functionToProto);
  proto.trainingInfo = proto.trainingInfo.map(copyOfTraining);
  return proto;
}

/** Imports in the file's order and spelling, new ones last; a domain whose version has changed is imported once. */
function opsetsToProto(
  opsets: ReadonlyMap<string, number>,
  before: readonly OperatorSetIdProto[],
): OperatorSetIdProto[] {
  const read = opsetsFromProto(before);
  const written = new Set<string>();
  const kept = before.flatMap((entry) => {
    const domain = domainOf(entry);
    const version = opsets.get(domain);
    const unchanged = version === read.get(domain);
    if (version === undefined || (written.has(domain) && !unchanged)) return [];
    written.add(domain);
    return [unchanged ? entry : Object.assign(copyOf(entry), { version: BigInt(version) })];
  });
  const added = [...opsets].filter(([domain]) => !written.has(domain));
  return [
    ...kept,
    ...added.map(([domain, version]) => newMessage('OperatorSetIdProto', { domain, version: BigInt(version) })),
  ];
}

function functionToProto(definition: ModelFunction): FunctionProto {
  const { body } = definition;
  const proto = fromResidue('FunctionProto', definition.residue);
  proto.name = definition.name;
  if (definition.domain !== '') proto.domain = definition.domain;
  if (definition.overload !== '') proto.overload = definition.overload;
  if (definition.docString) proto.docString = definition.docString;
  proto.input = body.inputs.map(({ name }) => name);
  proto.output = body.outputs.map(({ name }) => name);
  proto.node = [...body.nodes()].map(nodeToProto);
  proto.valueInfo = valueInfosOf(body);
  proto.attribute = [...definition.attributeNames];
  proto.attributeProto = definition.attributeDefaults.map((attribute) => attributeToProto(attribute, graphToProto));
  proto.opsetImport = opsetsToProto(definition.opsets, proto.opsetImport);
  proto.metadataProps = entriesOf(definition.metadata, proto.metadataProps);
  return proto;
}

/** Writing may turn tensors into external ones, so those that the model still carries are not handed out. */
function copyOfTraining(info: TrainingInfoProto): TrainingInfoProto {
  const copy = copyOf(info);
  const originals = tensorsOfTraining(info);
  for (const tensor of tensorsOfTraining(copy)) {
    const original = originals.next().value;
    if (!original) break;
    setPayload(tensor, payloadOf(original));
  }
  return copy;
}
