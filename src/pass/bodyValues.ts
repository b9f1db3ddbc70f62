/**
 * Values inside bodies of If, Loop and Scan, made visible from outside: each body hands the value on as one more output,
 * and the node around it as one more output of its own, until the main graph has it.
 */
import { Attribute } from '../graph/attribute';
import { type DataType } from '../graph/dataType';
import { Expression } from '../graph/expression';
import { type Graph } from '../graph/graph';
import { type Model } from '../graph/model';
import { Node } from '../graph/node';
import { countElements, tensorType } from '../graph/shape';
import { Tensor } from '../graph/tensor';
import { type Value } from '../graph/value';
import { bytesOf } from '../numerics/elements';
import { type Inference } from '../operators/infer';

/** A body's value as the main graph gives it. */
export interface Lifted {
  /** Of the main graph: the value as it is, stacked along a new first axis for each loop, or (inside a loop) flattened. */
  readonly output: Value;
  /** Numbers of one value; given where runs that did not compute it left as many NaN. */
  readonly holes?: number;
}

/** Where a body's value is, and what is known of it. */
interface Place {
  readonly value: Value;
  readonly graph: Graph;
  readonly dataType: DataType;
  /** Numbers, where inputs alone decide on them; undefined where the shape may change from one iteration to the next. */
  readonly dims?: readonly (number | undefined)[];
}

/** The node that each body of a model belongs to. */
function holdersOf({ graph }: Model): Map<Graph, Node> {
  const holders = new Map<Graph, Node>();
  for (const node of graph.allNodes()) for (const body of node.bodies) holders.set(body, node);
  return holders;
}

/** Why values of `graph` cannot be seen from outside; undefined when they can, as far as the graphs around it go. */
export function hiddenBecause(graph: Graph, holders: ReadonlyMap<Graph, Node>): string | undefined {
  for (let body = graph; body.parent; body = body.parent) {
    const holder = holders.get(body);
    if (!holder || holder.domain !== '' || !(holder.opType in lifts)) {
      return `It is in the body of ${holder?.label ?? 'a node'}, whose values cannot be observed.`;
    }
  }
  return undefined;
}

/** A value of a body. */
export interface BodyValue {
  readonly value: Value;
  readonly graph: Graph;
  /** How often it is computed in a run of the model, for all that is known: 64 times in each loop around it. */
  readonly runs: number;
}

/** Values of bodies that can be seen from outside, by name; those whose name occurs in several bodies are not among them. */
export function bodyValuesOf(model: Model): Map<string, BodyValue> {
  const found = new Map<string, BodyValue>();
  const twice = new Set<string>();
  const holders = holdersOf(model);
  for (const graph of holders.keys()) {
    if (hiddenBecause(graph, holders) !== undefined) continue;
    let runs = 1;
    for (let body = graph; body.parent; body = body.parent) if (!holders.get(body)!.is('If')) runs *= assumedRuns;
    const values = [...graph.inputs, ...[...graph.nodes()].flatMap(({ outputs }) => outputs)];
    for (const value of values) {
      if (!value) continue;
      if (found.has(value.name)) twice.add(value.name);
      found.set(value.name, { value, graph, runs });
    }
  }
  for (const name of twice) found.delete(name);
  return found;
}

/** Iterations that a loop is taken to have where memory is planned. */
const assumedRuns = 64;

/** Lifts values of a model, which must be the caller's own, one after the other. */
export class BodyLifter {
  private readonly holders: Map<Graph, Node>;

  /** `inference` is that of the model, before anything is lifted. */
  constructor(
    model: Model,
    private readonly inference: Inference,
  ) {
    this.holders = holdersOf(model);
  }

  /** Why the value cannot be seen; undefined when it can. Values of the main graph always can. */
  problem(value: Value, graph: Graph): string | undefined {
    if (!graph.parent) return undefined;
    const hidden = hiddenBecause(graph, this.holders);
    if (hidden !== undefined) return hidden;
    const type = this.inference.typeOf(value) ?? value.type;
    if (type?.kind !== 'tensor') return 'The type of a value of its body is not known.';
    if (!this.isConditionalInScan(graph)) return undefined;
    const isKnown = type.dataType === 'float' && this.steadyDims(value)?.every((dim) => dim !== undefined);
    return isKnown
      ? undefined
      : 'It is in an If inside a Scan, whose values can be observed where shapes are numbers alone.';
  }

  /** The value as an output of a node of the main graph; undefined where it has a problem (nothing is changed then). */
  lift(value: Value, graph: Graph): Lifted | undefined {
    const type = this.inference.typeOf(value) ?? value.type;
    if (type?.kind !== 'tensor' || this.problem(value, graph) !== undefined) return undefined;
    const dims = this.steadyDims(value);
    const numbers = dims?.every((dim) => dim !== undefined) ? dims : undefined;
    const filled = this.isConditionalInScan(graph);
    let place: Place = { value, graph, dataType: type.dataType, ...(dims && { dims }) };
    while (place.graph.parent) {
      const holder = this.holders.get(place.graph)!;
      place = lifts[holder.opType]!(place, holder, filled ? numbers : undefined);
    }
    return { output: place.value, ...(filled && numbers && { holes: countElements(numbers) }) };
  }

  /** Dimensions of a value that is the same in every iteration of whatever is around it. */
  private steadyDims(value: Value): readonly (number | undefined)[] | undefined {
    const shape = this.inference.shapeOf(value);
    const sources = new Map(this.inference.symbols.map(({ name, source }) => [name, source]));
    const steady = shape?.every(
      (dim) =>
        typeof dim === 'number' ||
        (dim instanceof Expression && [...dim.symbols()].every((name) => sources.get(name) === 'input')),
    );
    return steady ? shape!.map((dim) => (typeof dim === 'number' ? dim : undefined)) : undefined;
  }

  /** An If inside a Scan: a Scan stacks shapes that are all the same, so that a branch not taken must give numbers too. */
  private isConditionalInScan(graph: Graph): boolean {
    let inIf = false;
    for (let body = graph; body.parent; body = body.parent) {
      const holder = this.holders.get(body)!;
      if (holder.is('If')) inIf = true;
      else if (inIf && holder.is('Scan')) return true;
    }
    return false;
  }
}

type Lift = (place: Place, holder: Node, filled: readonly (number | undefined)[] | undefined) => Place;

/** Lifts by operator: out of `holder`'s body, into the graph around it. */
const lifts: Readonly<Record<string, Lift>> = {
  /** The other branch gives an empty tensor of the same type; `filled`: one of NaN, of the same shape. */
  If: (place, holder, filled) => {
    const outer = outerValue(place);
    const at = place.graph.outputs.length;
    nameOutputs(holder, at);
    for (const branch of holder.bodies) {
      branch.outputs.push(branch === place.graph ? handedOn(place) : placeholder(place, branch, filled));
    }
    holder.setOutput(at, outer);
    return { ...outside(place, outer), ...(filled && place.dims && { dims: place.dims }) };
  },
  Loop: (place, holder) => {
    if (!place.dims) return gather(place, holder);
    const outer = outerValue(place);
    const at = place.graph.outputs.length - 1; // the condition is no output of the node
    nameOutputs(holder, at);
    place.graph.outputs.push(handedOn(place));
    holder.setOutput(at, outer);
    return outside(place, outer);
  },
  Scan: (place, holder) => {
    const outer = outerValue(place);
    const at = place.graph.outputs.length;
    nameOutputs(holder, at);
    place.graph.outputs.push(handedOn(place));
    holder.setOutput(at, outer);
    for (const name of ['scan_output_axes', 'scan_output_directions']) {
      const given = holder.ints(name);
      if (given) holder.setAttribute(Attribute.ints(name, [...given, 0]));
    }
    return outside(place, outer);
  },
};

/**
 * Out of a Loop whose iterations give different shapes: a state that starts empty and grows by the numbers of each
 * iteration, as one long row.
 */
function gather(place: Place, holder: Node): Place {
  const { value, graph, dataType } = place;
  const outer = outerValue(place);
  const base = outer.name;
  const constant = (tensor: Tensor, into: Graph): Value => {
    const output = into.newValue(tensor.name, tensorType(tensor.dataType, tensor.shape));
    const node = new Node({ opType: 'Constant', inputs: [], outputs: [output] });
    node.setAttribute(Attribute.tensor('value', tensor.with({ name: output.name })));
    if (into === holder.graph) into.insertBefore(holder, node);
    else into.append(node);
    return output;
  };
  const start = constant(Tensor.ofBytes(`${base}_start`, dataType, [0], new Uint8Array(0)), holder.graph!);
  const row = constant(Tensor.ofBytes(`${base}_row`, 'int64', [1], bytesOf(BigInt64Array.of(-1n))), graph);
  const before = graph.addInput(graph.newValue(`${base}_before`, tensorType(dataType, [null])));
  const flat = graph.newValue(`${base}_flat`);
  graph.append(new Node({ opType: 'Reshape', inputs: [value, row], outputs: [flat] }));
  const after = graph.newValue(`${base}_after`, tensorType(dataType, [null]));
  const concat = new Node({ opType: 'Concat', inputs: [before, flat], outputs: [after] });
  concat.setAttribute(Attribute.int('axis', 0));
  graph.append(concat);
  // Of the body: number and condition of the iteration, then states. Behind the states come outputs that are stacked.
  const states = graph.inputs.length - 3;
  holder.setInput(2 + states, start);
  graph.outputs.splice(1 + states, 0, after);
  nameOutputs(holder, states);
  const outputs = [...holder.outputs];
  outputs.splice(states, 0, outer);
  holder.truncateOutputs(0);
  outputs.forEach((output, index) => holder.setOutput(index, output));
  return outside(place, outer);
}

/** ONNX Runtime 1.30 crashes over a Loop that omits an output. */
function nameOutputs(holder: Node, count: number): void {
  for (let index = 0; index < Math.max(count, holder.outputs.length); index++) {
    if (!holder.output(index)) holder.setOutput(index, holder.graph!.newValue('unused'));
  }
}

const outerValue = ({ value, graph, dataType }: Place): Value =>
  graph.parent!.newValue(`${value.name}_observed`, tensorType(dataType));

/** The same thing one graph further out; its shape may differ from one run of that graph to the next. */
const outside = ({ graph, dataType }: Place, outer: Value): Place => ({
  value: outer,
  graph: graph.parent!,
  dataType,
});

/** What a body gives for a value: its own, under a name of its own, since a body must not give one value twice. */
function handedOn({ value, graph, dataType }: Place): Value {
  const output = graph.newValue(`${value.name}_given`, tensorType(dataType));
  graph.append(new Node({ opType: 'Identity', inputs: [value], outputs: [output] }));
  return output;
}

function placeholder({ value, dataType }: Place, branch: Graph, dims: readonly (number | undefined)[] = [0]): Value {
  const shape = dims.map((dim) => dim ?? 0);
  const output = branch.newValue(`${value.name}_not_run`, tensorType(dataType));
  const size = countElements(shape);
  const bytes = size === 0 ? new Uint8Array(0) : bytesOf(new Float32Array(size).fill(NaN));
  const node = new Node({ opType: 'Constant', inputs: [], outputs: [output] });
  node.setAttribute(Attribute.tensor('value', Tensor.ofBytes(output.name, dataType, shape, bytes)));
  branch.append(node);
  return output;
}
