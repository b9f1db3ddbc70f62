/** Which node of the optimized graph does the work of which node of the model. */
import { type Model } from '../../graph/model';
import { type Node } from '../../graph/node';
import { numbersIn } from './labels';

/** Operators that change the representation or the layout of what passes through them. */
export const adapters: ReadonlySet<string> = new Set([
  'QuantizeLinear',
  'DequantizeLinear',
  'DynamicQuantizeLinear',
  'Cast',
  'Transpose',
  'ReorderInput',
  'ReorderOutput',
]);

/** What the runtime puts behind a kernel of its own, so that the old output has its old shape and layout. */
const restoring: ReadonlySet<string> = new Set([...adapters, 'Reshape', 'Squeeze', 'Unsqueeze']);

/** Operators that a runtime takes out when they change nothing: then they are gone rather than fused. */
const removable: ReadonlySet<string> = new Set(
  'Identity Dropout Cast Reshape Flatten Squeeze Unsqueeze Transpose Slice Expand Concat Split'.split(' '),
);

/** Operators that the rounding to a code of a kernel before them does as well: a Clip ends where the codes end. */
const clips: ReadonlySet<string> = new Set(['Relu', 'Clip']);

/** Operators that kernels of products do on the way out: they are looked for before them, not behind. */
const epilogues: ReadonlySet<string> = new Set(
  'Add Sum Mul Relu Clip LeakyRelu Sigmoid Tanh HardSigmoid HardSwish BatchNormalization'.split(' '),
);

/** Fusions swallow at most so many nodes in a row (LayerNorm, attention). */
const longestFusion = 16;

/** Finds what stands for a node: by the number in its name, by the output's name, else by what reads the output. */
export class Matcher {
  private readonly byNumber = new Map<number, Node[]>();
  private readonly byOutput = new Map<string, Node>();
  private readonly byName = new Map<string, Node>();
  private readonly numbers = new Map<Node, number>();
  private readonly order = new Map<Node, number>();
  private readonly found = new Map<Node, Node | undefined>();

  /** `nodes` by the numbers that the optimized model's names hold. */
  constructor(
    private readonly nodes: readonly Node[],
    optimized: Model,
  ) {
    nodes.forEach((node, number) => this.numbers.set(node, number));
    for (const node of optimized.graph.allNodes()) {
      this.order.set(node, this.order.size);
      this.byName.set(node.name, node);
      for (const number of numbersIn(node.name)) {
        const known = this.byNumber.get(number);
        if (known) known.push(node);
        else this.byNumber.set(number, [node]);
      }
      for (const output of node.outputs) if (output) this.byOutput.set(output.name, node);
    }
  }

  /** The node that does the work of `node`, alone or with that of others; undefined when it was removed. */
  runtimeNodeOf(node: Node): Node | undefined {
    if (!this.found.has(node)) {
      this.found.set(node, undefined);
      this.found.set(node, this.direct(node) ?? this.before(node) ?? this.behindReaders(node));
    }
    return this.found.get(node);
  }

  /** The last of the kernels that make the inputs of an epilogue, where its own output is nowhere else. */
  private before(node: Node): Node | undefined {
    if (!epilogues.has(node.opType)) return undefined;
    const kernels = node.inputs.flatMap((value) => {
      const kernel = value?.producer && this.runtimeNodeOf(value.producer);
      const goesOn = kernel && /Conv|Gemm|MatMul/.test(kernel.opType) && !this.byOutput.has(value.name);
      return goesOn ? [kernel] : [];
    });
    return kernels.sort((a, b) => this.order.get(b)! - this.order.get(a)!)[0];
  }

  private behindReaders(node: Node): Node | undefined {
    let current = node;
    for (let step = 0; step < longestFusion; step++) {
      const reader = onward(current);
      if (!reader) return undefined;
      const found = this.direct(reader) ?? (adapters.has(reader.opType) ? this.byOutputOf(reader) : undefined);
      if (found) return !adapters.has(found.opType) && isFusion(found, reader, node) ? found : undefined;
      current = reader;
    }
    return undefined;
  }

  /** The node of the model after which a node of the optimized graph is named. */
  namesake(runtimeNode: Node): Node | undefined {
    const named = numbersIn(runtimeNode.name).flatMap((number) => this.nodes[number] ?? []);
    return named.find(({ opType }) => !adapters.has(opType)) ?? named[0];
  }

  private direct(node: Node): Node | undefined {
    const number = this.numbers.get(node);
    const named = (number === undefined ? undefined : this.byNumber.get(number)) ?? [];
    const working = named.filter(({ opType }) => opType === node.opType || !adapters.has(opType));
    if (working.length > 0) return working.find(({ opType }) => opType.includes(node.opType)) ?? working[0];
    return adapters.has(node.opType) ? undefined : this.byOutputOf(node);
  }

  private byOutputOf(node: Node): Node | undefined {
    for (const output of node.outputs) {
      if (!output) continue;
      const found = this.byName.get(`${output.name}_nchwc`) ?? behind(this.byOutput.get(output.name));
      if (found && !adapters.has(found.opType)) return found;
    }
    return undefined;
  }
}

/** The kernel behind nodes that the runtime added to restore shape or layout. */
function behind(node: Node | undefined): Node | undefined {
  let current = node;
  while (current && restoring.has(current.opType) && numbersIn(current.name).length === 0) {
    current = current.input(0)?.producer;
  }
  return current;
}

/** The node that reads the first output and is not for shapes alone. */
function onward(node: Node): Node | undefined {
  return node
    .output(0)
    ?.consumers()
    .find(({ opType }) => opType !== 'Shape');
}

/** Whether what stands for `reader` has more in it than the reader itself: `node` for one. */
function isFusion(found: Node, reader: Node, node: Node): boolean {
  if (removable.has(node.opType)) return false;
  if (adapters.has(reader.opType) || found.opType !== reader.opType) return true;
  // The reader is as it was, so what stood before it was taken out, unless it is of a kind that is always folded in.
  return !clips.has(node.opType);
}
