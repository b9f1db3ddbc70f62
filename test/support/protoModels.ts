/** Models made as protobuf messages, for what the builder of test models cannot say: everything the format has. */
import { clearField, create, type DescMessage, type Message } from '@bufbuild/protobuf';
import {
  AttributeProto_AttributeType as Type,
  AttributeProtoSchema,
  FunctionProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  SparseTensorProtoSchema,
  TensorProtoSchema,
  TypeProtoSchema,
  ValueInfoProtoSchema,
  type FunctionProto,
  type GraphProto,
  type ModelProto,
  type TypeProto,
  type ValueInfoProto,
} from '../../src/onnx/schema/onnx_pb';
import { tensorsOfModel } from '../../src/onnx/tensors';
import { rawFromTypedData } from '../../src/onnx/typedData';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function tensorType(elemType: number, dims: readonly (bigint | string | undefined)[]): TypeProto {
  const dim = dims.map((value) => ({
    value:
      typeof value === 'bigint'
        ? { case: 'dimValue' as const, value }
        : value === undefined
          ? { case: undefined }
          : { case: 'dimParam' as const, value },
  }));
  return create(TypeProtoSchema, { value: { case: 'tensorType', value: { elemType, shape: { dim } } } });
}

const info = (name: string, type?: TypeProto): ValueInfoProto => create(ValueInfoProtoSchema, { name, type });

/** Tensors of every element type in the typed lists of the format, 4 elements each. */
function typedTensors(): GraphProto['initializer'] {
  const four = [1, 2, 3, 4];
  const inInt32 = [2, 3, 4, 5, 6, 9, 10, 16, 17, 18, 19, 20, 24, 27, 28];
  const packed = [21, 22, 23];
  return [
    create(TensorProtoSchema, { name: 't1', dataType: 1, dims: [4n], floatData: [0.5, -1, NaN, Infinity] }),
    create(TensorProtoSchema, { name: 't7', dataType: 7, dims: [2n, 2n], int64Data: [1n, -1n, 2n ** 62n, 0n] }),
    create(TensorProtoSchema, { name: 't8', dataType: 8, dims: [2n], stringData: [bytes('a'), bytes('')] }),
    create(TensorProtoSchema, { name: 't11', dataType: 11, dims: [4n], doubleData: four }),
    create(TensorProtoSchema, { name: 't12', dataType: 12, dims: [4n], uint64Data: [1n, 2n, 3n, 2n ** 32n - 1n] }),
    create(TensorProtoSchema, { name: 't13', dataType: 13, dims: [4n], uint64Data: [1n, 2n, 3n, 2n ** 64n - 1n] }),
    create(TensorProtoSchema, { name: 't14', dataType: 14, dims: [2n], floatData: four }),
    create(TensorProtoSchema, { name: 't15', dataType: 15, dims: [2n], doubleData: four }),
    ...inInt32.map((dataType) =>
      create(TensorProtoSchema, { name: `t${dataType}`, dataType, dims: [4n], int32Data: four }),
    ),
    ...packed.map((dataType) =>
      create(TensorProtoSchema, { name: `t${dataType}`, dataType, dims: [4n], int32Data: [0x21, 0x43] }),
    ),
    ...[25, 26].map((dataType) =>
      create(TensorProtoSchema, { name: `t${dataType}`, dataType, dims: [4n], int32Data: [0b11100100] }),
    ),
    create(TensorProtoSchema, { name: 't99', dataType: 99, dims: [4n], rawData: bytes('future') }),
    create(TensorProtoSchema, { name: 'empty', dataType: 1, dims: [0n, 3n] }),
    create(TensorProtoSchema, { name: 'large', dataType: 1, dims: [2048n], rawData: new Uint8Array(8192).fill(7) }),
    create(TensorProtoSchema, {
      name: 'largeTyped',
      dataType: 1,
      dims: [2048n],
      floatData: Array<number>(2048).fill(3),
    }),
  ];
}

/** A body that reads `x` from outside. */
function body(output: string): GraphProto {
  return create(GraphProtoSchema, {
    name: 'body',
    docString: 'a body',
    node: [create(NodeProtoSchema, { input: ['x', 'bias'], output: [output], opType: 'Add', name: 'inner' })],
    initializer: [create(TensorProtoSchema, { name: 'bias', dataType: 1, dims: [1n], floatData: [1] })],
    output: [info(output, tensorType(1, ['N']))],
  });
}

function richNodes(): GraphProto['node'] {
  const sparse = create(SparseTensorProtoSchema, {
    values: { name: 'sv', dataType: 1, dims: [2n], floatData: [1, 2] },
    indices: { dataType: 7, dims: [2n], int64Data: [0n, 3n] },
    dims: [4n],
  });
  const tensor = create(TensorProtoSchema, { dataType: 1, dims: [2048n], rawData: new Uint8Array(8192).fill(9) });
  const attributes: Parameters<typeof create<typeof AttributeProtoSchema>>[1][] = [
    { name: 'f', type: Type.FLOAT, f: 0.25 },
    { name: 'i', type: Type.INT, i: 2n ** 63n - 1n },
    { name: 's', type: Type.STRING, s: Uint8Array.of(0xff, 0, 0x41) },
    { name: 't', type: Type.TENSOR, t: tensor, docString: 'weights in an attribute' },
    { name: 'sparse', type: Type.SPARSE_TENSOR, sparseTensor: sparse },
    { name: 'type', type: Type.TYPE_PROTO, tp: tensorType(1, [undefined, 3n]) },
    { name: 'floats', type: Type.FLOATS, floats: [1, 2.5] },
    { name: 'ints', type: Type.INTS, ints: [1n, -1n] },
    { name: 'noInts', type: Type.INTS },
    { name: 'strings', type: Type.STRINGS, strings: [bytes('a'), bytes('b')] },
    { name: 'tensors', type: Type.TENSORS, tensors: [tensor] },
    { name: 'graphs', type: Type.GRAPHS, graphs: [body('g1'), body('g2')] },
    { name: 'sparses', type: Type.SPARSE_TENSORS, sparseTensors: [sparse] },
    { name: 'types', type: Type.TYPE_PROTOS, typeProtos: [tensorType(7, [])] },
  ];
  return [
    create(NodeProtoSchema, {
      input: ['x', '', 'large'],
      output: ['a', '', 'b'],
      opType: 'Everything',
      domain: 'test.domain',
      overload: 'second',
      name: 'first',
      docString: 'has an attribute of each type',
      attribute: attributes.map((attribute) => create(AttributeProtoSchema, attribute)),
      metadataProps: [{ key: 'scope', value: 'encoder' }],
      deviceConfigurations: [{ configurationId: 'gpus', pipelineStage: 1, shardingSpec: [{ tensorName: 'large' }] }],
    }),
    create(NodeProtoSchema, {
      input: ['x'],
      output: ['y'],
      opType: 'If',
      domain: 'ai.onnx',
      attribute: [
        create(AttributeProtoSchema, { name: 'then_branch', type: Type.GRAPH, g: body('then') }),
        create(AttributeProtoSchema, { name: 'else_branch', type: Type.GRAPH, g: body('else') }),
      ],
    }),
  ];
}

/** Types of every kind, as graph inputs. */
function richInputs(): ValueInfoProto[] {
  const dimension = tensorType(1, ['N', 3n, undefined]);
  if (dimension.value.case === 'tensorType') dimension.value.value.shape!.dim[0]!.denotation = 'DATA_BATCH';
  const element = tensorType(1, ['N']);
  const kinds: TypeProto['value'][] = [
    create(TypeProtoSchema, { value: { case: 'sequenceType', value: { elemType: element } } }).value,
    create(TypeProtoSchema, { value: { case: 'optionalType', value: { elemType: element } } }).value,
    create(TypeProtoSchema, { value: { case: 'mapType', value: { keyType: 8, valueType: element } } }).value,
    create(TypeProtoSchema, { value: { case: 'opaqueType', value: { domain: 'd', name: 'n' } } }).value,
    create(TypeProtoSchema, { value: { case: 'sparseTensorType', value: { elemType: 1 } } }).value,
  ];
  return [
    create(ValueInfoProtoSchema, { name: 'x', type: dimension, docString: 'the input', metadataProps: [{ key: 'k' }] }),
    // In files older than IR version 4 every initializer is an input as well.
    info('t1', tensorType(1, [4n])),
    ...kinds.map((value, index) => info(`kind${index}`, create(TypeProtoSchema, { value, denotation: 'IMAGE' }))),
    info('untyped'),
    info('future', tensorType(99, [1n])),
    info('negative', tensorType(1, [-1n])),
  ];
}

function richFunction(): FunctionProto {
  return create(FunctionProtoSchema, {
    name: 'Twice',
    domain: 'test.functions',
    overload: 'o',
    input: ['p'],
    output: ['q'],
    attribute: ['required'],
    docString: 'doubles',
    node: [
      create(NodeProtoSchema, {
        input: ['p', 'p'],
        output: ['q'],
        opType: 'Add',
        attribute: [create(AttributeProtoSchema, { name: 'a', type: Type.INT, refAttrName: 'required' })],
      }),
    ],
    attributeProto: [create(AttributeProtoSchema, { name: 'optional', type: Type.FLOAT, f: 2 })],
    valueInfo: [info('q', tensorType(1, []))],
  });
}

/** A model with something in every field of the format. */
export function richModel(): ModelProto {
  const training = body('trained');
  training.initializer.push(
    create(TensorProtoSchema, { name: 'momentum', dataType: 1, dims: [2048n], rawData: new Uint8Array(8192).fill(5) }),
  );
  return create(ModelProtoSchema, {
    irVersion: 13n,
    producerName: 'test',
    producerVersion: '',
    domain: 'test',
    modelVersion: 3n,
    docString: 'everything',
    opsetImport: [{ version: 26n }, { domain: 'ai.onnx.ml', version: 3n }, { domain: 'test.domain', version: 1n }],
    metadataProps: [
      { key: 'author', value: 'nobody' },
      { key: 'twice', value: '1' },
      { key: 'twice', value: '2' },
    ],
    functions: [richFunction()],
    trainingInfo: [{ initialization: body('start'), algorithm: training, updateBinding: [{ key: 'a', value: 'b' }] }],
    configuration: [{ name: 'gpus', numDevices: 2, device: ['0', '1'] }],
    graph: {
      name: 'main',
      docString: '',
      node: richNodes(),
      initializer: typedTensors(),
      sparseInitializer: [
        {
          values: { name: 'sparse', dataType: 1, dims: [1n], floatData: [3] },
          indices: { dataType: 7, dims: [1n], int64Data: [5n] },
          dims: [10n],
        },
      ],
      input: richInputs(),
      output: [info('y', tensorType(1, ['N'])), info('a'), info('x', tensorType(1, [])), info('y')],
      valueInfo: [
        info('b', tensorType(10, [])),
        info('t7', tensorType(7, [])),
        info('gone', tensorType(1, [])),
        info('y'),
      ],
      quantizationAnnotation: [{ tensorName: 'a', quantParameterTensorNames: [{ key: 'SCALE_TENSOR', value: 't1' }] }],
      metadataProps: [{ key: 'graph', value: 'meta' }],
    },
  });
}

/** Calls `visit` for a message and every message inside it. */
export function eachMessage(schema: DescMessage, message: Message, visit: (message: Message) => void): void {
  visit(message);
  for (const member of schema.members) {
    const value = (message as unknown as Record<string, unknown>)[member.localName];
    if (member.kind === 'oneof') {
      const chosen = value as { case?: string; value?: unknown };
      const field = member.fields.find(({ localName }) => localName === chosen.case);
      if (field?.message) eachMessage(field.message, chosen.value as Message, visit);
    } else if (member.message) {
      const items = (Array.isArray(value) ? value : value === undefined ? [] : [value]) as Message[];
      for (const item of items) eachMessage(member.message, item, visit);
    }
  }
}

/** Brings a message into the one form among many of the same meaning that the writer chooses. */
export function normalized(model: ModelProto): ModelProto {
  for (const tensor of tensorsOfModel(model)) {
    if (!Object.hasOwn(tensor, 'rawData')) tensor.rawData = rawFromTypedData(tensor) ?? new Uint8Array(0);
    if (tensor.rawData.length === 0) clearField(tensor, TensorProtoSchema.field.rawData);
    const lists = ['floatData', 'doubleData', 'int32Data', 'int64Data', 'uint64Data'] as const;
    for (const list of lists) clearField(tensor, TensorProtoSchema.field[list]);
  }
  eachMessage(ModelProtoSchema, model, (message) => {
    if ('valueInfo' in message) (message.valueInfo as ValueInfoProto[]).sort((a, b) => (a.name < b.name ? -1 : 1));
  });
  return model;
}
