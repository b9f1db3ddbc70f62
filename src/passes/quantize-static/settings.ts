/** Options and target together decide on number formats. */
import { type QuantizedRange, quantizedRange } from '../../numerics/quantize';
import { type ValuesOf } from '../../pass/option';
import { LapidaryError } from '../../protocol/errors';
import { type declaration } from './declaration';

/** Values of the pass's options. */
export type Options = ValuesOf<(typeof declaration)['options']>;

/** Types that activations are quantized to. */
export type ActivationType = 'uint8' | 'int8' | 'uint16' | 'int16';

/** Number formats of a model to be made. */
export interface Formats {
  readonly forCpu: boolean;
  readonly activation: ActivationType;
  readonly activationRange: QuantizedRange;
  /** Activations around 0, with zero point 0. */
  readonly symmetric: boolean;
  readonly weight: 'int8' | 'uint8' | 'int4';
  readonly perChannel: boolean;
  readonly reduced: boolean;
  /** Version of ai.onnx that DequantizeLinear needs for these types. */
  readonly opset: number;
}

const preferred: Readonly<Record<Options['target'], { type: ActivationType; symmetric: boolean; forCpu: boolean }>> = {
  cpu: { type: 'uint8', symmetric: false, forCpu: true },
  tensorrt: { type: 'int8', symmetric: true, forCpu: false },
  qnn: { type: 'uint16', symmetric: false, forCpu: false },
  webgpu: { type: 'uint8', symmetric: false, forCpu: true },
  mobile: { type: 'uint8', symmetric: false, forCpu: false },
};

/**
 * The formats for these options; `saturates`: this machine's 8-bit products overflow (x86 without VNNI). Throws `usage`
 * for types that operators on codes do not take.
 */
export function formatsOf(options: Options, saturates = false): Formats {
  const target = preferred[options.target];
  const activation = options.activations === 'target' ? target.type : options.activations;
  const wide = activation.endsWith('16') || options.weights === 'int4';
  if (options.format === 'qoperator') checkOperators(activation, options.weights);
  const symmetric = target.symmetric;
  const activationRange: QuantizedRange = symmetric
    ? quantizedRange(activation, { symmetric: true })
    : quantizedRange(activation);
  return {
    forCpu: target.forCpu,
    activation,
    activationRange,
    symmetric,
    weight: options.weights,
    perChannel: options.perChannel,
    reduced: options.reduceRange === 'on' || (options.reduceRange === 'auto' && target.forCpu && saturates),
    opset: wide ? 21 : options.perChannel ? 13 : 10,
  };
}

/** QLinearConv and its like hold 8 bits, and ONNX Runtime has none of them for signed activations with unsigned weights. */
function checkOperators(activation: ActivationType, weight: Options['weights']): void {
  const has = `activations are ${activation} and weights ${weight}`;
  if (activation.endsWith('16') || weight === 'int4') {
    throw new LapidaryError('usage', `The format "qoperator" knows 8 bits only, and here ${has}.`, {
      hint: 'Take the format "qdq", or types of 8 bits.',
    });
  }
  if (activation === 'int8' && weight === 'uint8') {
    throw new LapidaryError('usage', `ONNX Runtime has no operators of the format "qoperator" where ${has}.`, {
      hint: 'Take the format "qdq", or int8 for the weights as well.',
    });
  }
}
