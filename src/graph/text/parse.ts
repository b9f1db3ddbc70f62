/** Reads a model from ONNX's textual syntax: what `printModel` writes, and what `onnx.printer` does. */
import { type Attribute } from '../attribute';
import { Graph } from '../graph';
import { Model, type ModelFunction } from '../model';
import { Node } from '../node';
import { tensorType } from '../shape';
import { Value } from '../value';
import { Lexer } from './lexer';
import { parseAttribute, parseTensor } from './parseAttribute';
import { parseType, seesType } from './parseType';

/** Parses a model; throws `invalid-model` with the line and the column. */
export function parseModel(text: string): Model {
  return new Parser(new Lexer(text)).model();
}

/** Names in force within a graph and those around it. */
class Scope {
  private readonly values = new Map<string, Value>();

  constructor(
    readonly graph: Graph,
    private readonly outer?: Scope,
  ) {}

  find(name: string): Value | undefined {
    return this.values.get(name) ?? this.outer?.find(name);
  }

  own(name: string): Value | undefined {
    return this.values.get(name);
  }

  define(value: Value): Value {
    this.values.set(value.name, value);
    return value;
  }
}

class Parser {
  constructor(private readonly lexer: Lexer) {}

  model(): Model {
    const fields = this.header();
    const model = new Model(this.graph(this.lexer.name()));
    model.irVersion = Number(fields.integers.get('ir_version') ?? model.irVersion);
    for (const [domain, version] of fields.opsets) model.opsets.set(domain, version);
    model.producerName = fields.strings.get('producer_name') ?? '';
    model.producerVersion = fields.strings.get('producer_version') ?? '';
    model.domain = fields.strings.get('domain') ?? '';
    model.modelVersion = fields.integers.get('model_version') ?? 0n;
    model.docString = fields.strings.get('doc_string') ?? '';
    model.metadata = fields.metadata;
    while (!this.lexer.done) model.functions.push(this.function());
    return model;
  }

  private header(): Header {
    const { lexer } = this;
    const header: Header = { integers: new Map(), strings: new Map(), opsets: new Map(), metadata: new Map() };
    if (!lexer.accept('<')) return header;
    lexer.list('>', () => {
      const key = lexer.identifier();
      lexer.expect(':');
      if (key === 'ir_version' || key === 'model_version') header.integers.set(key, lexer.integer());
      else if (key === 'opset_import') this.pairs((domain) => header.opsets.set(domain, Number(lexer.integer())));
      else if (key === 'metadata_props') this.pairs((name) => header.metadata.set(name, lexer.string()));
      else header.strings.set(key, lexer.string());
    });
    return header;
  }

  private pairs(item: (key: string) => void): void {
    this.lexer.expect('[');
    this.lexer.list(']', () => {
      const key = this.lexer.string();
      this.lexer.expect(':');
      item(key);
    });
  }

  private graph(name: string, outer?: Scope): Graph {
    const { lexer } = this;
    const scope = new Scope(new Graph(name, outer?.graph), outer);
    const { graph } = scope;
    lexer.expect('(');
    lexer.list(')', () => {
      const value = scope.define(graph.addInput(this.valueInfo()));
      if (lexer.accept('=')) this.initialize(scope, value);
    });
    lexer.expect('=>');
    const outputs = this.outputs();
    const declared = this.declarations(scope);
    this.nodes(scope);
    this.finish(scope, outputs, declared);
    return graph;
  }

  private outputs(): Value[] {
    const outputs: Value[] = [];
    this.lexer.expect('(');
    this.lexer.list(')', () => outputs.push(this.valueInfo()));
    return outputs;
  }

  /** Binds outputs and declared types to the values that the nodes made. */
  private finish(scope: Scope, outputs: readonly Value[], declared: readonly Value[]): void {
    for (const { name, type } of declared) {
      const value = scope.own(name);
      if (value) value.type ??= type;
    }
    for (const { name, type } of outputs) {
      const value = scope.find(name) ?? this.lexer.fail(`output "${name}" is computed by no node`);
      value.type ??= type;
      scope.graph.outputs.push(value);
    }
  }

  private valueInfo(): Value {
    const type = seesType(this.lexer) ? parseType(this.lexer) : undefined;
    return new Value(this.lexer.name(), type);
  }

  private initialize(scope: Scope, value: Value): void {
    if (!value.type) return this.lexer.fail(`"${value.name}" needs a type`);
    const tensor = parseTensor(this.lexer, value.name, value.type);
    const known = scope.own(value.name);
    if (known) known.constant = tensor;
    const holder = scope.graph.addInitializer(tensor);
    holder.type ??= tensorType(tensor.dataType, tensor.shape);
    scope.define(holder);
  }

  /** The list after the head: initializers go into the graph, types of inner values are returned. */
  private declarations(scope: Scope): Value[] {
    const declared: Value[] = [];
    if (!this.lexer.accept('<')) return declared;
    this.lexer.list('>', () => {
      const value = this.valueInfo();
      if (this.lexer.accept('=')) this.initialize(scope, value);
      else declared.push(value);
    });
    return declared;
  }

  private nodes(scope: Scope): void {
    this.lexer.expect('{');
    while (!this.lexer.accept('}')) scope.graph.append(this.node(scope));
  }

  private node(scope: Scope): Node {
    const { lexer } = this;
    let name = '';
    if (lexer.accept('[')) {
      name = lexer.name();
      lexer.expect(']');
    }
    const outputs = this.names('=');
    const path = lexer.qualifiedName().split('.');
    const opType = path.pop()!;
    const overload = lexer.accept(':') ? lexer.identifier() : '';
    let attributes = this.attributes(scope);
    lexer.expect('(');
    const inputs = this.names(')').map((input) => this.use(scope, input));
    if (attributes.length === 0) attributes = this.attributes(scope);
    return new Node({
      opType,
      domain: path.join('.'),
      overload,
      name,
      inputs,
      outputs: outputs.map((output) => (output === '' ? undefined : scope.define(new Value(output)))),
      attributes,
    });
  }

  private use(scope: Scope, name: string): Value | undefined {
    if (name === '') return undefined;
    return scope.find(name) ?? this.lexer.fail(`"${name}" is computed by no node before this one`);
  }

  /** Names separated by commas, empty ones for omitted operands, up to `close`. */
  private names(close: string): string[] {
    const names: string[] = [];
    if (this.lexer.accept(close)) return names;
    do {
      if (this.lexer.sees(close)) break;
      names.push(this.lexer.acceptName() ?? '');
    } while (this.lexer.accept(','));
    this.lexer.expect(close);
    return names;
  }

  private attributes(scope?: Scope): Attribute[] {
    const attributes: Attribute[] = [];
    if (this.lexer.accept('<')) {
      this.lexer.list('>', () => attributes.push(this.attribute(this.lexer.identifier(), scope)));
    }
    return attributes;
  }

  private attribute(name: string, scope: Scope | undefined): Attribute {
    return parseAttribute(this.lexer, name, () => this.graph(this.lexer.identifier(), scope));
  }

  private function(): ModelFunction {
    const { lexer } = this;
    const fields = this.header();
    const scope = new Scope(new Graph(lexer.name()));
    const attributeNames: string[] = [];
    const attributeDefaults: Attribute[] = [];
    if (lexer.accept('<')) {
      lexer.list('>', () => {
        const name = lexer.name();
        if (lexer.sees(':') || lexer.sees('=')) attributeDefaults.push(this.attribute(name, scope));
        else attributeNames.push(name);
      });
    }
    lexer.expect('(');
    lexer.list(')', () => scope.define(scope.graph.addInput(this.valueInfo())));
    lexer.expect('=>');
    const outputs = this.outputs();
    const declared = this.declarations(scope);
    this.nodes(scope);
    this.finish(scope, outputs, declared);
    return {
      domain: fields.strings.get('domain') ?? '',
      name: scope.graph.name,
      overload: fields.strings.get('overload') ?? '',
      body: scope.graph,
      attributeNames,
      attributeDefaults,
      opsets: fields.opsets,
      docString: fields.strings.get('doc_string'),
      metadata: new Map(),
    };
  }
}

interface Header {
  readonly integers: Map<string, bigint>;
  readonly strings: Map<string, string>;
  readonly opsets: Map<string, number>;
  readonly metadata: Map<string, string>;
}
