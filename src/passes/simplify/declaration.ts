import { declarePass } from '../../pass/declaration';
import { excludeOption, flag, number } from '../../pass/option';

/** The lossless pass: fewer nodes, the same outputs. */
export const declaration = declarePass({
  id: 'simplify',
  title: 'Simplify',
  summary:
    'Folds constants, shape arithmetic and batch norms, and removes what computes nothing. Outputs stay the same up to float rounding: every rewrite is checked with the runtime and undone where it is not exact.',
  kind: 'lossless',
  family: 'simplify',
  needs: { runtime: 'optional' },
  suffix: 'simplified',
  options: {
    foldConstants: flag({
      title: 'Fold constants',
      help: 'Computes once, here, what does not depend on the inputs. What would make the file larger is left.',
      default: true,
      advanced: true,
    }),
    fuse: flag({
      title: 'Fold arithmetic into layers',
      help: 'Batch norms, scales, shifts and pads become part of the convolution or matrix product beside them.',
      default: true,
      advanced: true,
    }),
    opset: number({
      title: 'Raise to opset',
      help: 'Converts the model to this version of ai.onnx first; 0 keeps the version it has.',
      default: 0,
      minimum: 0,
      maximum: 26,
      integer: true,
      advanced: true,
    }),
    minSqnr: number({
      title: 'Exactness',
      help: 'A rewrite after which an output differs from the original by more than this is undone; float32 rounding alone stays above 100 dB.',
      default: 100,
      minimum: 40,
      maximum: 160,
      unit: 'dB',
      advanced: true,
    }),
    exclude: excludeOption,
  },
});
