/** A quantized model that was measured to be slower than the model it was made from. */
import { isQuantizedOperator } from '../../../operators/quantizedInputs';
import { type PassStep } from '../../../protocol/report';
import { formatMillisecondsPair } from '../../../report/format';
import { type CheckContext } from '../context';
import { type Finding, type Rule } from '../rule';

/** Said only where somebody measured, and the difference was more than noise: nothing in a graph alone tells. */
export const slowerThanFloat: Rule = {
  code: 'slower-than-float',
  summary: 'A quantized model that was measured to be slower than the float model it was made from.',
  *check(context): Generator<Finding> {
    const { measured, nodes } = context;
    if (!measured || !measured.significant || measured.speedup >= 1) return;
    if (!nodes.some(isQuantizedOperator)) return;
    const { parent, medianMs, speedup } = measured;
    const factor = (1 / speedup).toPrecision(3);
    const times = formatMillisecondsPair(...medianMs);
    const name = parent.split(/[\\/]/).at(-1)!;
    const step = better(context);
    yield {
      severity: 'warning',
      message: `It is ${factor} times slower than "${name}", which it was made from (measured: ${times}). ${step.why}`,
      fix: step.fix,
      fixModel: parent,
    };
  },
};

/** What pays on a CPU, tried on the float model. */
function better({ nodes }: CheckContext): { readonly why: string; readonly fix: PassStep } {
  if (nodes.some(({ opType }) => opType === 'QuantizeLinear')) {
    return {
      why: 'Quantize the float model anew: static quantization keeps in float what does not fuse or does not gain here.',
      fix: { pass: 'quantize-static', options: {} },
    };
  }
  return {
    why: 'Quantize the float model dynamically instead: only layers that were measured to gain run in int8 then.',
    fix: { pass: 'quantize-dynamic', options: {} },
  };
}
