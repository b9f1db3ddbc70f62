/** Recurrent layers: LSTM, GRU, RNN. */
import { type Node } from '../../graph/node';
import { type Dim, type Shape } from '../../graph/shape';
import { macCost, productExpression, unknownCost } from '../cost';
import { type Cost, type CostContext, defineOperators, type InferenceContext } from '../definition';
import { addDims, floorDivDims, mulDims } from '../dims';

/** Gates of one cell: rows of the weight per hidden unit. */
const gates: Readonly<Record<string, number>> = { LSTM: 4, DynamicQuantizeLSTM: 4, GRU: 3, RNN: 1 };

/** Hidden units, from the weight where no attribute says: W is [D, G·H, I], and [D, I, G·H] where it is quantized. */
function hiddenSize(node: Node, weight: Shape | undefined): Dim {
  const rows = weight?.[node.is('DynamicQuantizeLSTM', 'com.microsoft') ? 2 : 1] ?? null;
  return node.int('hidden_size') ?? floorDivDims(rows, gates[node.opType] ?? 1);
}

function directions(direction: string): number {
  return direction.toLowerCase() === 'bidirectional' ? 2 : 1;
}

/** Y [T, D, B, H], Y_h and Y_c [D, B, H]; batch first when layout is 1 (opset 14). */
export function recurrentRule(context: InferenceContext): void {
  const [input, weight] = [context.shape(0), context.shape(1)];
  const { node } = context;
  const type = context.dataType(0);
  const batchFirst = node.int('layout', 0) === 1;
  const [time, batch]: Shape = batchFirst ? [input?.[1] ?? null, input?.[0] ?? null] : (input ?? [null, null]);
  const count = directions(node.string('direction', 'forward'));
  const hidden = hiddenSize(node, weight);
  const state = batchFirst ? [batch ?? null, count, hidden] : [count, batch ?? null, hidden];
  context.tensor(0, type, batchFirst ? [batch ?? null, time ?? null, count, hidden] : [time ?? null, ...state]);
  context.tensor(1, type, state);
  context.tensor(2, type, state);
}

/** B · T · D · G · (I·H + H²): the weights W and R are used once per step, quantized or not. */
export function recurrentCost(context: CostContext): Cost {
  const input = context.shape(0);
  const { node } = context;
  const count = directions(node.string('direction', 'forward'));
  const rows = gates[node.opType] ?? 1;
  const hidden = hiddenSize(node, context.shape(1));
  if (input?.length !== 3) return unknownCost;
  const [a, b, features] = input as [Dim, Dim, Dim];
  const steps = productExpression([a, b, count]);
  const perStep = productExpression([rows, hidden, addDims(features, hidden)]);
  // Gates: about eight elementwise operations for each hidden unit and gate.
  const extra = steps && productExpression([rows, mulDims(hidden, 8)])?.mul(steps);
  return macCost(steps && perStep?.mul(steps), extra);
}

/** Members of this family. */
export const recurrent = defineOperators(['LSTM', 'GRU', 'RNN'], { infer: recurrentRule, cost: recurrentCost });
