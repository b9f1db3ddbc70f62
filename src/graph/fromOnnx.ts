/** Reads ONNX into the IR. Weights stay on disk until somebody asks for them. */
import { decodeOnnx, readOnnx } from '../onnx/read';
import { type FunctionProto, type ModelProto } from '../onnx/schema/onnx_pb';
import { LapidaryError } from '../protocol/errors';
import { attributeFromProto } from './fromOnnxAttribute';
import { GraphReader, graphFromProto } from './fromOnnxGraph';
import { opsetsFromProto } from './fromOnnxOpsets';
import { mapOf, residueOf } from './fromOnnxResidue';
import { Model, type ModelFunction } from './model';

const modelledOfModel = new Set([
  ...['irVersion', 'producerName', 'producerVersion', 'domain', 'modelVersion', 'docString', 'graph', 'metadataProps'],
  'functions',
]);
const modelledOfFunction = new Set([
  ...['name', 'input', 'output', 'attribute', 'attributeProto', 'node', 'docString', 'domain', 'overload', 'valueInfo'],
  'metadataProps',
]);

/**
 * Opens a model file. Throws `not-found`, `not-onnx` (not a model, or cut off), `invalid-model` (contradicts itself),
 * `external-data` or `io`, each with its place. What a runtime would refuse is `checkModel`'s matter.
 */
export function readModel(path: string): Model {
  return located(path, () => modelFromProto(readOnnx(path), path));
}

/** The same from bytes in memory, which must stay unchanged; external data is looked for beside `path`. */
export function decodeModel(bytes: Uint8Array, path?: string): Model {
  return located(path, () => modelFromProto(decodeOnnx(bytes, path), path));
}

function located(path: string | undefined, read: () => Model): Model {
  try {
    return read();
  } catch (thrown) {
    throw LapidaryError.from(thrown, 'internal', { model: path });
  }
}

function modelFromProto(proto: ModelProto, path: string | undefined): Model {
  if (!Number.isSafeInteger(Number(proto.irVersion)) || proto.irVersion < 0n) {
    throw new LapidaryError('invalid-model', `${proto.irVersion} is no IR version.`);
  }
  const model = new Model(graphFromProto(proto.graph!));
  model.irVersion = Number(proto.irVersion);
  model.producerName = proto.producerName;
  model.producerVersion = proto.producerVersion;
  model.domain = proto.domain;
  model.modelVersion = proto.modelVersion;
  model.docString = proto.docString;
  model.metadata = new Map(mapOf(proto.metadataProps));
  for (const [domain, version] of opsetsFromProto(proto.opsetImport)) model.opsets.set(domain, version);
  model.functions = proto.functions.map(functionFromProto);
  model.residue = residueOf(proto, modelledOfModel);
  model.path = path;
  return model;
}

function functionFromProto(proto: FunctionProto): ModelFunction {
  const reader = new GraphReader(proto.name);
  try {
    for (const name of proto.input) reader.input(name);
    reader.nodes(proto.node);
    for (const name of proto.output) reader.output(name);
    reader.valueInfos(proto.valueInfo);
  } catch (thrown) {
    throw LapidaryError.from(thrown, 'invalid-model', { node: `function ${proto.name}` });
  }
  reader.graph.residue = reader.residue({});
  return {
    domain: proto.domain,
    name: proto.name,
    overload: proto.overload,
    body: reader.graph,
    attributeNames: proto.attribute,
    attributeDefaults: proto.attributeProto.map((attribute) =>
      attributeFromProto(attribute, (body) => graphFromProto(body)),
    ),
    opsets: opsetsFromProto(proto.opsetImport),
    docString: proto.docString === '' ? undefined : proto.docString,
    metadata: mapOf(proto.metadataProps),
    residue: residueOf(proto, modelledOfFunction),
  };
}
