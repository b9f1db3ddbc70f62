/** One report row for each node, bodies of If, Loop and Scan below their node. */
import { graphsOf } from '../graph/attribute';
import { Expression } from '../graph/expression';
import { type Graph } from '../graph/graph';
import { type Model } from '../graph/model';
import { type Node } from '../graph/node';
import { type Value } from '../graph/value';
import { noCost } from '../operators/cost';
import { type Costing } from '../operators/costing';
import { type Cost } from '../operators/definition';
import { type Inference } from '../operators/infer';
import { type LayerReport } from '../protocol/report';
import { kindOf, type TypeView } from './kind';
import { type Ownership } from './parameters';
import { evaluateCost, expressionText, plainShape, plainType, type ValueSizes } from './plain';
import { scopeOf } from './scope';
import { intensityOf, trafficOf } from './traffic';

/** An inference with the costs that follow from it. */
export interface CostedInference {
  readonly inference: Inference;
  readonly costing: Costing;
  readonly total: Cost;
}

/** Results that the rows are made from. */
export interface LayerSources {
  /** With free symbols: what shapes are shown from. */
  readonly inference: Inference;
  /** What numbers are calculated from: the same, unless they need values for the symbols. */
  readonly numbers: CostedInference;
  readonly ownership: Ownership;
  /** A value for every symbol. */
  readonly bindings: ReadonlyMap<string, number>;
  /** By the same types and bindings. */
  readonly sizes: ValueSizes;
}

/** Rows in node order, each made when it is asked for. */
export function layersOf(model: Model, sources: LayerSources): Iterable<LayerReport> {
  return new RowMaker(sources).rowsOf(model.graph, { scope: '', counted: true, times: Expression.one });
}

interface Place {
  readonly scope: string;
  readonly parent?: number;
  readonly counted: boolean;
  /** How often the graph runs. */
  readonly times: Expression | undefined;
}

class RowMaker {
  private readonly labels = new Set<string>();
  private readonly view: TypeView;
  private made = 0;

  constructor(private readonly sources: LayerSources) {
    const { inference } = sources;
    this.view = {
      shapeOf: (value) => inference.shapeOf(value),
      dataTypeOf: (value) => {
        const type = inference.typeOf(value);
        return type?.kind === 'tensor' ? type.dataType : undefined;
      },
    };
  }

  *rowsOf(graph: Graph, place: Place): Generator<LayerReport> {
    for (const node of graph.nodes()) {
      const row = this.rowOf(node, place);
      yield row;
      if (node.bodies.length > 0) yield* this.rowsOfBodies(node, row, place);
    }
  }

  private *rowsOfBodies(node: Node, row: LayerReport, place: Place): Generator<LayerReport> {
    const bodies = [...node.attributes.values()].flatMap((attribute) =>
      graphsOf(attribute).map((body) => ({ body, name: attribute.name })),
    );
    const dearest =
      node.opType === 'If'
        ? this.branchOf(
            node,
            bodies.map(({ body }) => body),
          )
        : undefined;
    const total = this.sources.numbers.costing.costOf(node).macs;
    for (const { body, name } of bodies) {
      const once = this.sources.numbers.costing.graphCost(body).macs;
      // How often a body runs is what its cost is multiplied by in the cost of the node.
      const repeated = node.opType === 'If' || !once || !total ? Expression.one : total.divideExactly(once);
      yield* this.rowsOf(body, {
        scope: [place.scope, row.name, name].filter(Boolean).join('/'),
        parent: row.index,
        counted: place.counted && (dearest === undefined || dearest === body),
        times: place.times && (repeated ?? Expression.one).mul(place.times),
      });
    }
  }

  /** The branch that an If takes, or the dearer one where only running tells. */
  private branchOf(node: Node, bodies: readonly Graph[]): Graph | undefined {
    const condition = node.input(0);
    const known = condition && this.sources.numbers.inference.contentsOf(condition)?.elements[0];
    if (known === 0 || known === 1) return node.subgraph(known === 1 ? 'then_branch' : 'else_branch');
    const cost = (body: Graph): number =>
      evaluateCost(this.sources.numbers.costing.graphCost(body).macs, this.sources.bindings) ?? 0;
    return bodies.reduce((best, body) => (cost(body) > cost(best) ? body : best));
  }

  private rowOf(node: Node, place: Place): LayerReport {
    const { inference, ownership, bindings, numbers, sizes } = this.sources;
    const { costing } = numbers;
    const constants = ownership.byNode.get(node) ?? [];
    const outputs = node.outputs.filter((value): value is Value => value !== undefined);
    const cost = node.bodies.length > 0 ? noCost : costing.costOf(node);
    const times = place.times ?? Expression.one;
    const [macs, flops] = [cost.macs?.mul(times), cost.flops?.mul(times)];
    const [macsExpression, flopsExpression] = [expressionText(macs), expressionText(flops)];
    const index = this.made++;
    const scope = [place.scope, scopeOf(node)].filter(Boolean).join('/');
    const activation = outputs.filter((value) => !costing.isConstant(value)).map(sizes.of);
    return {
      index,
      name: this.labelOf(node),
      opType: node.opType,
      domain: node.domain,
      scope,
      inputs: node.inputs.map((value) => value?.name ?? ''),
      outputs: node.outputs.map((value) => value?.name ?? ''),
      outputShapes: outputs.map((value) => plainShape(inference.shapeOf(value))),
      outputTypes: outputs.map((value) => {
        const type = inference.typeOf(value);
        return type ? plainType(type) : null;
      }),
      parameters: constants.reduce((sum, constant) => sum + constant.parameters, 0),
      weightBytes: constants.reduce((sum, constant) => sum + constant.bytes, 0),
      macs: evaluateCost(macs, bindings),
      flops: evaluateCost(flops, bindings),
      ...this.traffic(node, evaluateCost(cost.flops, bindings)),
      activationBytes: activation.reduce<number | null>((sum, b) => (sum === null || b === null ? null : sum + b), 0),
      kind: kindOf(node, this.view),
      weights: constants.map(({ name, tensor }) => ({ name, type: tensor.dataType, shape: tensor.shape })),
      ...(macsExpression !== undefined ? { macsExpression } : {}),
      ...(flopsExpression !== undefined ? { flopsExpression } : {}),
      ...(place.parent !== undefined ? { parent: place.parent } : {}),
      ...(place.counted ? {} : { counted: false }),
    };
  }

  /** For one execution of the node, also where a body repeats it. */
  private traffic(node: Node, flops: number | null): Pick<LayerReport, 'bytesRead' | 'bytesWritten' | 'intensity'> {
    if (node.bodies.length > 0) return { bytesRead: null, bytesWritten: null, intensity: null };
    const traffic = trafficOf(node, this.sources.sizes.of);
    return { ...traffic, intensity: intensityOf(flops, traffic) };
  }

  /** The label that passes use as well (`Conv → y` for a node without a name: it survives edits elsewhere), made unique. */
  private labelOf(node: Node): string {
    let { label } = node;
    for (let suffix = 1; this.labels.has(label); suffix++) label = `${node.label}_${suffix}`;
    this.labels.add(label);
    return label;
  }
}
