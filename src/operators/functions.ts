/** Calls of model functions: the body as a graph of its own, with the caller's attributes put in. */
import { Attribute, graphsOf } from '../graph/attribute';
import { cloneGraph } from '../graph/clone';
import { type Graph } from '../graph/graph';
import { type ModelFunction } from '../graph/model';
import { type Node } from '../graph/node';

/** A fresh copy of the function's body in which no attribute refers to the caller any more. */
export function instantiate(called: ModelFunction, caller: Node): Graph {
  const body = cloneGraph(called.body);
  const given = new Map<string, Attribute>();
  for (const attribute of called.attributeDefaults) given.set(attribute.name, attribute);
  for (const [name, attribute] of caller.attributes) given.set(name, attribute);
  for (const node of body.allNodes()) {
    for (const [name, attribute] of [...node.attributes]) {
      if (attribute.payload.kind !== 'reference') continue;
      const actual = given.get(attribute.payload.refName);
      if (actual) node.setAttribute(new Attribute(name, actual.payload, attribute.docString));
      else node.attributes.delete(name);
    }
  }
  return body;
}

/** Text that is equal for calls with equal attributes; undefined when an attribute is too rich to compare. */
export function attributesKey(node: Node): string | undefined {
  const parts: string[] = [];
  for (const attribute of node.attributes.values()) {
    const { payload } = attribute;
    if (graphsOf(attribute).length > 0 || !('value' in payload)) return undefined;
    switch (payload.kind) {
      case 'int':
      case 'float':
      case 'ints':
      case 'floats':
        parts.push(`${attribute.name}=${String(payload.value)}`);
        break;
      case 'string':
        parts.push(`${attribute.name}="${node.string(attribute.name, '')}"`);
        break;
      default:
        return undefined;
    }
  }
  return parts.sort().join(';');
}
