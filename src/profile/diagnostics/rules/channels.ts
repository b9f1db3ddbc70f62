/** Which axis of a layer's weight counts its output channels. */
import { type Node } from '../../../graph/node';

/** The axis; undefined for layers that multiply nothing by a weight. Source: ONNX operators. */
export function channelAxisOf(node: Node): number | undefined {
  if (node.domain !== '') return undefined;
  switch (node.opType) {
    case 'Conv':
      return 0;
    case 'ConvTranspose':
    case 'MatMul':
      return 1;
    case 'Gemm':
      return node.int('transB', 0) === 1 ? 0 : 1;
    case 'LSTM':
    case 'GRU':
    case 'RNN':
      return 1;
    default:
      return undefined;
  }
}
