/**
 * The messages of onnx.proto once more, in a form that is ready in no time: a program that only reads need not wait
 * for the full descriptors of onnx_pb.ts to be built. A test compares the two.
 */

/**
 * Fields by message: number, name (behind the name of its oneof, if it is in one), type; `*` marks a list, `**` one that is written packed. `enum14`
 * is an enum of the values 0 to 14. In the order in which onnx.proto declares them.
 */
export const fieldTable: Readonly<Record<string, string>> = {
  StringStringEntryProto: '1 key string, 2 value string',
  OperatorSetIdProto: '1 domain string, 2 version int64',
  ModelProto: '1 irVersion int64, 2 producerName string, 3 producerVersion string, 4 domain string, 5 modelVersion int64, 6 docString string, 7 graph GraphProto, 8 opsetImport OperatorSetIdProto*, 14 metadataProps StringStringEntryProto*, 20 trainingInfo TrainingInfoProto*, 25 functions FunctionProto*, 26 configuration DeviceConfigurationProto*',
  TrainingInfoProto: '1 initialization GraphProto, 2 algorithm GraphProto, 3 initializationBinding StringStringEntryProto*, 4 updateBinding StringStringEntryProto*',
  FunctionProto: '1 name string, 4 input string*, 5 output string*, 6 attribute string*, 7 node NodeProto*, 8 docString string, 9 opsetImport OperatorSetIdProto*, 10 domain string, 11 attributeProto AttributeProto*, 12 valueInfo ValueInfoProto*, 13 overload string, 14 metadataProps StringStringEntryProto*',
  GraphProto: '1 node NodeProto*, 2 name string, 5 initializer TensorProto*, 10 docString string, 11 input ValueInfoProto*, 12 output ValueInfoProto*, 13 valueInfo ValueInfoProto*, 14 quantizationAnnotation TensorAnnotation*, 15 sparseInitializer SparseTensorProto*, 16 metadataProps StringStringEntryProto*',
  TensorAnnotation: '1 tensorName string, 2 quantParameterTensorNames StringStringEntryProto*',
  NodeProto: '1 input string*, 2 output string*, 3 name string, 4 opType string, 5 attribute AttributeProto*, 6 docString string, 7 domain string, 8 overload string, 9 metadataProps StringStringEntryProto*, 10 deviceConfigurations NodeDeviceConfigurationProto*',
  AttributeProto: '1 name string, 2 f float, 3 i int64, 4 s bytes, 5 t TensorProto, 6 g GraphProto, 7 floats float*, 8 ints int64*, 9 strings bytes*, 10 tensors TensorProto*, 11 graphs GraphProto*, 13 docString string, 14 tp TypeProto, 15 typeProtos TypeProto*, 20 type enum14, 21 refAttrName string, 22 sparseTensor SparseTensorProto, 23 sparseTensors SparseTensorProto*',
  ValueInfoProto: '1 name string, 2 type TypeProto, 3 docString string, 4 metadataProps StringStringEntryProto*',
  TensorProto: '1 dims int64*, 2 dataType int32, 3 segment TensorProto.Segment, 4 floatData float**, 5 int32Data int32**, 6 stringData bytes*, 7 int64Data int64**, 8 name string, 9 rawData bytes, 10 doubleData double**, 11 uint64Data uint64**, 12 docString string, 13 externalData StringStringEntryProto*, 14 dataLocation enum1, 16 metadataProps StringStringEntryProto*',
  'TensorProto.Segment': '1 begin int64, 2 end int64',
  SparseTensorProto: '1 values TensorProto, 2 indices TensorProto, 3 dims int64*',
  TensorShapeProto: '1 dim TensorShapeProto.Dimension*',
  'TensorShapeProto.Dimension': '1 value.dimValue int64, 2 value.dimParam string, 3 denotation string',
  TypeProto: '1 value.tensorType TypeProto.Tensor, 4 value.sequenceType TypeProto.Sequence, 5 value.mapType TypeProto.Map, 7 value.opaqueType TypeProto.Opaque, 8 value.sparseTensorType TypeProto.SparseTensor, 9 value.optionalType TypeProto.Optional, 6 denotation string',
  'TypeProto.Tensor': '1 elemType int32, 2 shape TensorShapeProto',
  'TypeProto.Sequence': '1 elemType TypeProto',
  'TypeProto.Map': '1 keyType int32, 2 valueType TypeProto',
  'TypeProto.Optional': '1 elemType TypeProto',
  'TypeProto.SparseTensor': '1 elemType int32, 2 shape TensorShapeProto',
  'TypeProto.Opaque': '1 domain string, 2 name string',
  DeviceConfigurationProto: '1 name string, 2 numDevices int32, 3 device string*',
  NodeDeviceConfigurationProto: '1 configurationId string, 2 shardingSpec ShardingSpecProto*, 3 pipelineStage int32',
  ShardingSpecProto: '1 tensorName string, 2 device int64*, 3 indexToDeviceGroupMap IntIntListEntryProto*, 4 shardedDim ShardedDimProto*',
  ShardedDimProto: '1 axis int64, 2 simpleSharding SimpleShardedDimProto*',
  SimpleShardedDimProto: '1 dim.dimValue int64, 2 dim.dimParam string, 3 numShards int64',
  IntIntListEntryProto: '1 key int64, 2 value int64*',
};

/** Codes of AttributeProto.AttributeType. */
export const attributeType = {
  UNDEFINED: 0,
  FLOAT: 1,
  INT: 2,
  STRING: 3,
  TENSOR: 4,
  GRAPH: 5,
  FLOATS: 6,
  INTS: 7,
  STRINGS: 8,
  TENSORS: 9,
  GRAPHS: 10,
  SPARSE_TENSOR: 11,
  SPARSE_TENSORS: 12,
  TYPE_PROTO: 13,
  TYPE_PROTOS: 14,
} as const;

/** One of these codes. */
export type AttributeType = (typeof attributeType)[keyof typeof attributeType];

/** The code of TensorProto.DataLocation that says "in another file". */
export const externalLocation = 1;
