/** Initial states of recurrent layers that are zero: the default says the same, for every batch size. */
import { type Value } from '../../../graph/value';
import { toNumbers } from '../../../numerics/elements';
import { type Graph } from '../../../graph/graph';
import { type Tensor } from '../../../graph/tensor';
import { type Editor, type Rewrite } from '../editor';

/** Where each operator takes its initial states (ONNX operators RNN, GRU, LSTM). */
const stateInputs: Readonly<Record<string, readonly number[]>> = { RNN: [5], GRU: [5], LSTM: [5, 6] };

/** Omits initial states of zeros, so that nothing has to compute their size. */
export const dropZeroStates: Rewrite = {
  id: 'zero-state',
  apply(editor) {
    for (const node of editor.nodes()) {
      const inputs = node.domain === '' ? (stateInputs[node.opType] ?? []) : [];
      for (const index of inputs) {
        const state = node.input(index);
        if (!state || !isZero(editor, state, node.graph!)) continue;
        editor.attempt('zero-state', node, 'an initial state of zeros is left out', () =>
          node.setInput(index, undefined),
        );
      }
    }
  },
};

function isZero(editor: Editor, value: Value, graph: Graph): boolean {
  const constant = editor.constant(value, graph);
  if (constant) return constant.size <= 1 << 20 && allZero(constant);
  const { producer } = value;
  if (!producer || producer.domain !== '') return false;
  if (producer.is('ConstantOfShape')) {
    const fill = producer.tensor('value');
    return !fill || allZero(fill);
  }
  // Views and copies of zeros are zeros.
  const passes = ['Expand', 'Reshape', 'Unsqueeze', 'Squeeze', 'Transpose', 'Slice', 'Tile', 'Identity'];
  return passes.includes(producer.opType) && !!producer.input(0) && isZero(editor, producer.input(0)!, graph);
}

function allZero(tensor: Tensor): boolean {
  if (!['float', 'float16', 'double'].includes(tensor.dataType)) return false;
  return toNumbers(tensor.dataType, tensor.bytes(), tensor.size).every((item) => item === 0);
}
