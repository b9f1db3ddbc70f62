/** A model: the main graph with its opsets, functions and papers. */
import { type Attribute } from './attribute';
import { type Graph } from './graph';
import { type Residue } from './residue';

/** A function of the model (ONNX FunctionProto); its body is a graph with formal inputs and outputs. */
export interface ModelFunction {
  readonly domain: string;
  readonly name: string;
  readonly overload: string;
  readonly body: Graph;
  /** Names of attributes without a default. */
  readonly attributeNames: readonly string[];
  /** Attributes with a default. */
  readonly attributeDefaults: readonly Attribute[];
  readonly opsets: ReadonlyMap<string, number>;
  readonly docString?: string;
  readonly metadata: ReadonlyMap<string, string>;
  readonly residue?: Residue;
}

/** The whole of a ModelProto. */
export class Model {
  irVersion = 8;
  /** Domain ('' for ai.onnx) to version. */
  readonly opsets = new Map<string, number>();
  producerName = '';
  producerVersion = '';
  domain = '';
  modelVersion = 0n;
  docString = '';
  metadata: Map<string, string> = new Map();
  functions: ModelFunction[] = [];
  residue?: Residue;
  /** Path of the file it was read from; undefined for a model made in memory. */
  path?: string;

  constructor(public graph: Graph) {}

  /** Version of ai.onnx that it imports (1 when the file says nothing). */
  get opset(): number {
    return this.opsets.get('') ?? 1;
  }

  /** The function a node calls, if the model defines it. */
  functionOf(domain: string, name: string, overload = ''): ModelFunction | undefined {
    return this.functions.find((f) => f.domain === domain && f.name === name && f.overload === overload);
  }
}
