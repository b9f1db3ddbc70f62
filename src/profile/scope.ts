/** Name scopes of nodes: where in the source network a layer sits. */
import { type Node } from '../graph/node';

/** Metadata key under which the PyTorch exporter lists the modules around a node, outermost first. */
const SCOPES_KEY = 'pkg.torch.onnx.name_scopes';

/** What the exporter writes where a node is in no module at all. */
const noModules = '_empty_nn_module_stack';

/** Scope of a node, outermost first, joined by '/'; '' at the top. */
export function scopeOf(node: Node): string {
  const listed = node.metadata.get(SCOPES_KEY);
  return listed === undefined ? scopeFromName(node) : scopeFromMetadata(listed);
}

/** The list is Python text: `['', 'layer1', 'layer1.0', 'layer1.0.conv1', 'conv2d']`, module paths then the operation. */
function scopeFromMetadata(text: string): string {
  const names = [...text.matchAll(/'([^']*)'|"([^"]*)"/g)].map((match) => match[1] ?? match[2] ?? '');
  const modules = names.slice(0, -1).filter((name) => name !== '' && !name.startsWith(noModules));
  return (modules.at(-1) ?? '').split('.').filter(Boolean).join('/');
}

/** Names are paths with '/' (most exporters), or with '.' where there is no '/'. The last part is the node's own. */
function scopeFromName({ name, opType }: Node): string {
  const separator = name.includes('/') ? '/' : '.';
  const parts = name.split(separator).filter(Boolean).slice(0, -1);
  // "net.Conv.7" is number 7 of its kind, not a part of something called Conv.
  if (separator === '.' && parts.at(-1) === opType) parts.pop();
  return parts.map((part, index) => relative(part, parts[index - 1])).join('/');
}

/** TorchScript repeats the path of the parent ("layer1/layer1.0"): keep what is new. */
function relative(part: string, parent: string | undefined): string {
  return parent !== undefined && part.startsWith(`${parent}.`) ? part.slice(parent.length + 1) : part;
}
