/** What a person should know about the forms that were used. */
import { type Form, type Settings } from './forms';

const folded =
  'Weights are stored packed and are float in memory: ONNX Runtime restores them when it loads the model. Speed and memory are those of the original.';

const byForm: Readonly<Record<Form['kind'], string>> = {
  'cast-mul': folded.replace('packed', 'in 8 bits'),
  lookup: folded,
  'dequantize-linear':
    'ONNX Runtime keeps DequantizeLinear and restores the weights in every run; convolutions are slower for it. The form "cast-mul" is restored once, when the model is loaded.',
  operator:
    'Matrix products run on their packed weights in ONNX Runtime (MatMulNBits); other runtimes may not have it. Few rows get faster, many rows hardly. Measure on the machine that will run it.',
  blocked:
    'ONNX Runtime makes MatMulNBits of DequantizeLinear and product, and then quantizes activations to int8 as well, unless session.qdq_matmulnbits_accuracy_level says 1.',
};

/** Notes on `used` forms. */
export function notesOf(used: ReadonlySet<Form['kind']>, { form, bits, accuracyLevel, blockSize }: Settings): string[] {
  if (form === 'mixed' && bits === 8) {
    return [
      'ONNX Runtime multiplies matrices by their 8-bit weights, and restores other weights when it loads the model. Measure on the machine that will run it: without kernels for 8-bit weights the products get slower.',
    ];
  }
  // Where most is folded, the few tables that keep 8 bits need no note of their own.
  const kinds = [...used].filter((kind) => !(kind === 'cast-mul' && used.has('lookup')));
  const notes = kinds.map((kind) => byForm[kind]);
  if (!used.has('operator')) return notes;
  if (accuracyLevel === 4) {
    notes.push(
      'Accuracy level 4 multiplies in int8: the outputs of a product err by 0.5 to 0.9 %. Level 1 computes in float32.',
    );
  } else if (bits !== 4) {
    notes.push(
      `ONNX Runtime has no fast kernel for ${bits} bits at accuracy level ${accuracyLevel}: level 4 is up to a hundred times faster.`,
    );
  }
  if (bits === 2 && accuracyLevel === 4 && (blockSize === 16 || blockSize === 256)) {
    notes.push('ONNX Runtime 1.30 has fast kernels for 2 bits with blocks of 32, 64 and 128 only.');
  }
  return notes;
}
