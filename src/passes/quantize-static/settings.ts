/** Options and target together decide on number formats. */
import { type QuantizedRange, quantizedRange } from '../../numerics/quantize';
import { type ValuesOf } from '../../pass/option';
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

/** The formats for these options; `saturates`: this machine's 8-bit products overflow (x86 without VNNI). */
export function formatsOf(options: Options, saturates = false): Formats {
  const target = preferred[options.target];
  const activation = options.activations === 'target' ? target.type : options.activations;
  const wide = activation.endsWith('16') || options.weights === 'int4';
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
