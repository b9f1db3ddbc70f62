/**
 * A model in ONNX's textual syntax (ONNX repository, docs/Syntax.md), which `onnx.parser.parse_model` reads back. What the
 * grammar has no words for is left out and listed: see `PrintedModel.omitted`.
 */
import { type Graph } from '../graph';
import { type Model, type ModelFunction } from '../model';
import { type Node } from '../node';
import { type Residue } from '../residue';
import { type Tensor } from '../tensor';
import { type ValueType } from '../shape';
import { type Value } from '../value';
import { attributeText } from './printAttribute';
import { isIdentifier, quotable, quoted } from './literals';
import { isText, tensorLiterals } from './tensors';
import { tensorTypeText, typeText } from './types';

/** How to print. */
export interface PrintOptions {
  /** Tensors with more elements than this are written `...`: for a person to read, not to parse. Default: none. */
  readonly elideOver?: number;
  /** Types to show in place of the declared ones, such as inferred ones. */
  readonly typeOf?: (value: Value) => ValueType | undefined;
}

/** The text, and where things are in it. */
export interface PrintedModel {
  readonly text: string;
  /** Line of each node, from 0. */
  readonly nodeLines: ReadonlyMap<Node, number>;
  /** Kinds of things that the model has and the grammar has not. */
  readonly omitted: readonly string[];
}

/** Prints a whole model; reads every tensor that is not elided. */
export function printModel(model: Model, options: PrintOptions = {}): PrintedModel {
  return new Printer(options).model(model);
}

/** Collects lines; one printer prints one model. */
export class Printer {
  private readonly lines: string[] = [];
  private readonly nodeLines = new Map<Node, number>();
  private readonly omissions = new Set<string>();
  private indent = 0;

  constructor(private readonly options: PrintOptions) {}

  model(model: Model): PrintedModel {
    this.header([
      `ir_version: ${model.irVersion}`,
      `opset_import: ${opsetsText(model.opsets)}`,
      ...textField('producer_name', model.producerName),
      ...textField('producer_version', model.producerVersion),
      ...textField('domain', model.domain),
      ...(model.modelVersion === 0n ? [] : [`model_version: ${model.modelVersion}`]),
      ...textField('doc_string', model.docString),
      ...(model.metadata.size === 0 ? [] : [`metadata_props: ${mapText(model.metadata)}`]),
    ]);
    this.omitResidue(model.residue, 'models');
    this.graph(model.graph, quotable(model.graph.name || 'graph'), '');
    for (const f of model.functions) this.function(f);
    return { text: `${this.lines.join('\n')}\n`, nodeLines: this.nodeLines, omitted: [...this.omissions] };
  }

  /** Appends a graph: its head continues the text `lead` of the line. */
  graph(graph: Graph, name: string, lead: string): void {
    const port = (value: Value): string => this.declaration(value);
    const head = `${name} (${graph.inputs.map(port).join(', ')}) => (${graph.outputs.map(port).join(', ')})`;
    this.line(`${lead}${head}`);
    const declarations = [...this.initializers(graph), ...this.valueInfos(graph)];
    this.declarations(declarations);
    this.body(graph);
    this.omitIf(graph.sparseInitializers.length > 0, 'sparse initializers');
    this.omitIf(graph.annotations.length > 0, 'quantization annotations');
    this.omitIf(Boolean(graph.docString), 'documentation of graphs');
    this.omitIf(graph.metadata.size > 0, 'metadata of graphs');
  }

  /** Notes something that the grammar cannot say. */
  omitIf(condition: boolean, what: string): void {
    if (condition) this.omissions.add(what);
  }

  private omitResidue(residue: Residue | undefined, owner: string): void {
    for (const field of residue?.fields ?? []) {
      this.omitIf(
        !saidElsewhere.has(field),
        field === '$unknown' ? `unknown fields of ${owner}` : `${field} of ${owner}`,
      );
    }
  }

  /** `{1, 2, 3}`, or `...` when it is too long. */
  contents(tensor: Tensor): string {
    if (tensor.data.kind === 'strings') {
      this.omitIf(!tensor.data.strings.every(isText), 'strings that are not UTF-8 text');
    }
    return tensor.size > (this.options.elideOver ?? Infinity) ? '...' : `{${tensorLiterals(tensor)}}`;
  }

  /** Text of a graph in an attribute, at the present indentation. */
  nestedGraph(graph: Graph, name: string): string {
    const inner = new Printer(this.options);
    inner.indent = this.indent;
    inner.graph(graph, name, '');
    for (const [node, line] of inner.nodeLines) this.nodeLines.set(node, this.lines.length + this.pending + line);
    for (const what of inner.omissions) this.omissions.add(what);
    this.pending += inner.lines.length - 1;
    return inner.lines.join('\n').trimStart();
  }

  /** Lines of nested graphs in the node that is being written, before it is appended. */
  private pending = 0;

  private body(graph: Graph): void {
    this.line('{');
    this.indent++;
    for (const node of graph.nodes()) this.node(node);
    this.indent--;
    this.line('}');
  }

  private node(node: Node): void {
    this.nodeLines.set(node, this.lines.length);
    const names = (values: readonly (Value | undefined)[]): string =>
      values.map((value) => (value ? quotable(value.name) : '""')).join(', ');
    this.omitIf(!isIdentifier(node.opType), 'operators whose name is not an identifier');
    this.omitIf(node.domain !== '' && !node.domain.split('.').every(isIdentifier), 'domains that are not identifiers');
    this.omitIf(node.docString !== undefined, 'documentation of nodes');
    this.omitIf(node.metadata.size > 0, 'metadata of nodes');
    this.omitResidue(node.residue, 'nodes');
    const label = node.name === '' ? '' : `[${quotable(node.name)}] `;
    const overload = node.overload === '' ? '' : `:${node.overload}`;
    this.pending = 0;
    const attributes = [...node.attributes.values()].map((attribute) => attributeText(attribute, this));
    const list = attributes.filter((text) => text !== undefined).join(', ');
    const bracketed = list === '' ? '' : ` <${list}>`;
    const operands = ` (${names(node.inputs)})`;
    // A body reads better after the operands; the grammar allows both.
    const hasBody = node.bodies.length > 0;
    const call = hasBody ? `${operands}${bracketed}` : `${bracketed}${operands}`;
    this.line(`${label}${names(node.outputs)} = ${node.qualifiedOpType}${overload}${call}`);
  }

  private function(f: ModelFunction): void {
    this.line('');
    this.header([
      ...textField('domain', f.domain),
      ...textField('overload', f.overload),
      `opset_import: ${opsetsText(f.opsets)}`,
      ...textField('doc_string', f.docString ?? ''),
    ]);
    this.omitIf(f.metadata.size > 0, 'metadata of functions');
    const defaults = f.attributeDefaults.map((attribute) => attributeText(attribute, this));
    const attributes = [...f.attributeNames.map(quotable), ...defaults.filter((text) => text !== undefined)];
    const list = attributes.length === 0 ? '' : ` <${attributes.join(', ')}>`;
    const names = (values: readonly Value[]): string => values.map((value) => quotable(value.name)).join(', ');
    this.line(`${quotable(f.name)}${list} (${names(f.body.inputs)}) => (${names(f.body.outputs)})`);
    this.declarations([...this.valueInfos(f.body)]);
    this.body(f.body);
  }

  private *initializers(graph: Graph): Generator<string> {
    for (const value of graph.initializers.values()) {
      const tensor = value.constant!;
      const type = tensorTypeText(tensor.dataType, tensor.shape) ?? 'undefined';
      this.omitIf(type === 'undefined', 'tensors of undefined type');
      yield `${type} ${quotable(value.name)} = ${this.contents(tensor)}`;
    }
  }

  private *valueInfos(graph: Graph): Generator<string> {
    const outputs = new Set(graph.outputs);
    for (const node of graph.nodes()) {
      for (const value of node.outputs) {
        if (value && this.typeOf(value) && !outputs.has(value)) yield this.declaration(value);
      }
    }
  }

  private declaration(value: Value): string {
    const type = this.typeOf(value);
    const text = type && typeText(type);
    this.omitIf(type !== undefined && text === undefined, 'types that ONNX text cannot write');
    this.omitIf(Boolean(value.docString) || value.metadata.size > 0, 'documentation and metadata of values');
    return text === undefined ? quotable(value.name) : `${text} ${quotable(value.name)}`;
  }

  private typeOf(value: Value): ValueType | undefined {
    return this.options.typeOf?.(value) ?? value.type;
  }

  private declarations(items: readonly string[]): void {
    if (items.length === 0) return;
    this.indent++;
    items.forEach((item, index) => {
      this.line(`${index === 0 ? '<' : ' '}${item}${index === items.length - 1 ? '>' : ','}`);
    });
    this.indent--;
  }

  private header(fields: readonly string[]): void {
    this.line('<');
    fields.forEach((field, index) => this.line(`   ${field}${index === fields.length - 1 ? '' : ','}`));
    this.line('>');
  }

  private line(text: string): void {
    // One entry per physical line, so that the numbers of lines are true.
    const [first, ...rest] = `${'   '.repeat(this.indent)}${text}`.split('\n');
    this.lines.push(first!.trimEnd(), ...rest);
  }
}

const textField = (name: string, value: string): string[] => (value === '' ? [] : [`${name}: ${quoted(value)}`]);

const opsetsText = (opsets: ReadonlyMap<string, number>): string =>
  `[${[...opsets].map(([domain, version]) => `${quoted(domain)} : ${version}`).join(', ')}]`;

const mapText = (map: ReadonlyMap<string, string>): string =>
  `[${[...map].map(([key, value]) => `${quoted(key)}: ${quoted(value)}`).join(', ')}]`;

/** Carried along by the IR, yet said in the text. */
const saidElsewhere = new Set(['opsetImport', 'domain']);
