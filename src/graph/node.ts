/** A node: one application of an operator. */
import { LapidaryError } from '../protocol/errors';
import { type Attribute, graphsOf, type SparseTensor } from './attribute';
import { type Graph } from './graph';
import { copyMetadata } from './metadata';
import { type Residue } from './residue';
import { type Tensor } from './tensor';
import { type Value } from './value';

/** What a node is made of. `undefined` inputs and outputs are omitted optional ones. */
export interface NodeInit {
  readonly opType: string;
  /** '' is ai.onnx (which the file may also spell out). */
  readonly domain?: string;
  readonly overload?: string;
  readonly name?: string;
  readonly inputs: readonly (Value | undefined)[];
  readonly outputs: readonly (Value | undefined)[];
  readonly attributes?: readonly Attribute[];
  readonly docString?: string;
  readonly metadata?: ReadonlyMap<string, string>;
  readonly residue?: Residue;
}

const noBodies: readonly Graph[] = [];
const decoder = new TextDecoder();

/** One node. Links to its neighbours in the graph's order are kept by Graph. */
export class Node {
  opType: string;
  domain: string;
  overload: string;
  name: string;
  docString?: string;
  /** Replaced as a whole to change it: nodes without any share one empty map. */
  metadata: ReadonlyMap<string, string>;
  residue?: Residue;

  /** The graph it is in; set by Graph. */
  graph?: Graph;
  /** Neighbours in the graph's order; set by Graph. */
  previous?: Node;
  next?: Node;

  private readonly inputList: (Value | undefined)[];
  private readonly outputList: (Value | undefined)[];
  private attributesByName?: Map<string, Attribute>;

  constructor(init: NodeInit) {
    this.opType = init.opType;
    this.domain = init.domain === 'ai.onnx' ? '' : (init.domain ?? '');
    this.overload = init.overload ?? '';
    this.name = init.name ?? '';
    this.docString = init.docString;
    this.metadata = copyMetadata(init.metadata);
    this.residue = init.residue;
    // Copied rather than grown: a grown array has room for 17.
    this.inputList = [...init.inputs];
    this.inputList.forEach((value, index) => value?.addUse(this, index));
    this.outputList = init.outputs.map(() => undefined);
    init.outputs.forEach((value, index) => this.setOutput(index, value));
    for (const attribute of init.attributes ?? []) this.attributes.set(attribute.name, attribute);
  }

  /** Attributes by name, in the file's order. */
  get attributes(): Map<string, Attribute> {
    return (this.attributesByName ??= new Map());
  }

  /** Graphs inside the attributes (of If, Loop, Scan …), in order; empty for most nodes. */
  get bodies(): readonly Graph[] {
    if (!this.attributesByName) return noBodies;
    let found: Graph[] | undefined;
    for (const attribute of this.attributesByName.values()) {
      for (const body of graphsOf(attribute)) (found ??= []).push(body);
    }
    return found ?? noBodies;
  }

  get inputs(): readonly (Value | undefined)[] {
    return this.inputList;
  }

  get outputs(): readonly (Value | undefined)[] {
    return this.outputList;
  }

  /** The input at `index`, or undefined when it is omitted. */
  input(index: number): Value | undefined {
    return this.inputList[index];
  }

  /** The output at `index`, or undefined when it is omitted. */
  output(index: number): Value | undefined {
    return this.outputList[index];
  }

  /** Sets or omits an input, keeping uses true; the list grows as needed and loses trailing omissions. */
  setInput(index: number, value: Value | undefined): void {
    this.putInput(index, value);
    let count = this.inputList.length;
    while (count > 0 && this.inputList[count - 1] === undefined) count--;
    this.truncateInputs(count);
  }

  private putInput(index: number, value: Value | undefined): void {
    while (this.inputList.length <= index) this.inputList.push(undefined);
    this.inputList[index]?.removeUse(this, index);
    this.inputList[index] = value;
    value?.addUse(this, index);
  }

  /** Drops inputs from `count` on. */
  truncateInputs(count: number): void {
    for (let index = this.inputList.length - 1; index >= count; index--) {
      this.inputList[index]?.removeUse(this, index);
      this.inputList.pop();
    }
  }

  /** Sets or omits an output; the value must have no other producer. */
  setOutput(index: number, value: Value | undefined): void {
    if (value?.producer && value.producer !== this) {
      throw new LapidaryError('invalid-model', `Value "${value.name}" has two producers.`, {
        node: this.label,
        tensor: value.name,
      });
    }
    while (this.outputList.length <= index) this.outputList.push(undefined);
    this.outputList[index]?.setProducer(undefined, 0);
    this.outputList[index] = value;
    value?.setProducer(this, index);
    if (value) this.graph?.claim(value.name);
  }

  /** Drops outputs from `count` on. */
  truncateOutputs(count: number): void {
    for (let index = this.outputList.length - 1; index >= count; index--) {
      this.outputList[index]?.setProducer(undefined, 0);
      this.outputList.pop();
    }
  }

  /** Unhooks the node, and those in its bodies, from all their values; it can no longer be used. */
  detach(): void {
    this.truncateInputs(0);
    this.truncateOutputs(0);
    for (const body of this.bodies) for (const node of body.nodes()) node.detach();
  }

  /** What a person calls this node: its name, else its operator and first output. */
  get label(): string {
    if (this.name !== '') return this.name;
    const output = this.outputList.find((value) => value !== undefined);
    return output ? `${this.opType} → ${output.name}` : this.opType;
  }

  /** `Conv`, or `com.microsoft.FusedConv` outside ai.onnx. */
  get qualifiedOpType(): string {
    return this.domain === '' ? this.opType : `${this.domain}.${this.opType}`;
  }

  /** True for the given operator of ai.onnx (or of `domain`). */
  is(opType: string, domain = ''): boolean {
    return this.opType === opType && this.domain === domain;
  }

  /** Sets or replaces an attribute. */
  setAttribute(attribute: Attribute): void {
    this.attributes.set(attribute.name, attribute);
  }

  /** int attribute as a number, or the fallback when it is absent. */
  int(name: string, fallback: number): number;
  int(name: string): number | undefined;
  int(name: string, fallback?: number): number | undefined {
    const payload = this.attributesByName?.get(name)?.payload;
    return payload?.kind === 'int' ? Number(payload.value) : fallback;
  }

  /** ints attribute as numbers (INT64_MAX loses precision but stays huge), or undefined. */
  ints(name: string): number[] | undefined {
    const payload = this.attributesByName?.get(name)?.payload;
    return payload?.kind === 'ints' ? payload.value.map(Number) : undefined;
  }

  /** float attribute, or the fallback when it is absent. */
  float(name: string, fallback: number): number;
  float(name: string): number | undefined;
  float(name: string, fallback?: number): number | undefined {
    const payload = this.attributesByName?.get(name)?.payload;
    return payload?.kind === 'float' ? payload.value : fallback;
  }

  /** floats attribute, or undefined. */
  floats(name: string): readonly number[] | undefined {
    const payload = this.attributesByName?.get(name)?.payload;
    return payload?.kind === 'floats' ? payload.value : undefined;
  }

  /** string attribute as UTF-8, or the fallback when it is absent. */
  string(name: string, fallback: string): string;
  string(name: string): string | undefined;
  string(name: string, fallback?: string): string | undefined {
    const payload = this.attributesByName?.get(name)?.payload;
    return payload?.kind === 'string' ? decoder.decode(payload.value) : fallback;
  }

  /** strings attribute as UTF-8, or undefined. */
  strings(name: string): string[] | undefined {
    const payload = this.attributesByName?.get(name)?.payload;
    return payload?.kind === 'strings' ? payload.value.map((item) => decoder.decode(item)) : undefined;
  }

  /** tensor attribute, or undefined. */
  tensor(name: string): Tensor | undefined {
    const payload = this.attributesByName?.get(name)?.payload;
    return payload?.kind === 'tensor' ? payload.value : undefined;
  }

  /** sparse tensor attribute, or undefined. */
  sparseTensor(name: string): SparseTensor | undefined {
    const payload = this.attributesByName?.get(name)?.payload;
    return payload?.kind === 'sparse-tensor' ? payload.value : undefined;
  }

  /** graph attribute (the body of If, Loop, Scan …), or undefined. */
  subgraph(name: string): Graph | undefined {
    const payload = this.attributesByName?.get(name)?.payload;
    return payload?.kind === 'graph' ? payload.value : undefined;
  }
}
