/** Computes and stores equal things once. */
import { type AttributeValue } from '../../../graph/attribute';
import { type Graph } from '../../../graph/graph';
import { type Node } from '../../../graph/node';
import { type Value } from '../../../graph/value';
import { Contents } from '../contents';
import { type Editor, type Rewrite } from '../editor';
import { isPure } from '../../../operators/purity';

/** Common subexpressions, within each graph. */
export const mergeEqualNodes: Rewrite = {
  id: 'common-subexpression',
  apply(editor) {
    const contents = new Contents();
    const identities = new Map<Value, number>();
    const identify = (value: Value | undefined): string => {
      if (!value) return '-';
      let id = identities.get(value);
      if (id === undefined) identities.set(value, (id = identities.size));
      return String(id);
    };
    for (const graph of editor.graphs()) {
      const seen = new Map<string, Node>();
      for (const node of graph.nodes()) {
        const key = isPure(node, editor.model) ? keyOf(node, identify, contents) : undefined;
        if (key === undefined) continue;
        const twin = seen.get(key);
        if (!twin) seen.set(key, node);
        else if (canMerge(graph, node)) {
          const what = `merged with its twin ${twin.label}`;
          editor.attempt('common-subexpression', node, what, () => merge(graph, node, twin));
        }
      }
    }
  },
};

function canMerge(graph: Graph, node: Node): boolean {
  return node.outputs.every((value) => !value || !graph.outputs.includes(value));
}

function merge(graph: Graph, node: Node, twin: Node): void {
  node.outputs.forEach((value, index) => value && twin.output(index) && graph.replaceValue(value, twin.output(index)!));
  graph.remove(node);
}

function keyOf(node: Node, identify: (value: Value | undefined) => string, contents: Contents): string | undefined {
  const attributes: string[] = [];
  for (const { name, payload } of node.attributes.values()) {
    const text = payloadKey(payload, contents);
    if (text === undefined) return undefined;
    attributes.push(`${name}=${text}`);
  }
  const inputs = node.inputs.map(identify).join(',');
  const outputs = node.outputs.map((value) => (value ? '1' : '0')).join('');
  return [node.qualifiedOpType, node.overload, inputs, outputs, attributes.sort().join(';')].join('|');
}

function payloadKey(payload: AttributeValue, contents: Contents): string | undefined {
  switch (payload.kind) {
    case 'float':
      return `float ${floatKey(payload.value)}`;
    case 'floats':
      return `floats ${payload.value.map(floatKey).join(' ')}`;
    case 'int':
      return `int ${payload.value}`;
    case 'ints':
      return `${payload.kind} ${payload.value.join(' ')}`;
    case 'string':
      return `string ${Buffer.from(payload.value).toString('hex')}`;
    case 'strings':
      return `strings ${payload.value.map((item) => Buffer.from(item).toString('hex')).join(' ')}`;
    case 'tensor':
      return payload.value.data.kind === 'strings' ? undefined : `tensor ${contents.idOf(payload.value)}`;
    default:
      return undefined;
  }
}

/** 0 and -0 print alike and are not. */
const floatKey = (value: number): string => (Object.is(value, -0) ? '-0' : String(value));

/** Initializers with the same contents: tied weights that an export has written twice. */
export const mergeEqualInitializers: Rewrite = {
  id: 'equal-initializers',
  apply(editor) {
    for (const graph of editor.graphs()) {
      const candidates = new Map<string, Value[]>();
      for (const value of graph.initializers.values()) {
        const tensor = value.constant;
        if (!tensor || tensor.data.kind === 'strings') continue;
        if (graph.inputs.includes(value) || graph.outputs.includes(value)) continue;
        const key = `${tensor.dataType}[${tensor.shape.join(',')}]`;
        const list = candidates.get(key);
        if (list) list.push(value);
        else candidates.set(key, [value]);
      }
      for (const values of candidates.values()) if (values.length > 1) mergeInto(editor, graph, values);
    }
  },
};

function mergeInto(editor: Editor, graph: Graph, values: readonly Value[]): void {
  const contents = new Contents();
  const firsts = new Map<number, Value>();
  for (const value of values) {
    const id = contents.idOf(value.constant!);
    const first = firsts.get(id);
    const user = value.consumers()[0];
    if (!first) firsts.set(id, value);
    else if (user) {
      editor.attempt('equal-initializers', user, `reads "${first.name}" in place of its copy "${value.name}"`, () => {
        value.replaceUsesWith(first);
        graph.removeInitializer(value);
      });
    }
  }
}
