import { declarePass } from '../../pass/declaration';
import { choice, excludeOption, flag, number } from '../../pass/option';

/** Closed-form recovery after pruning or factorizing. */
export const declaration = declarePass({
  id: 'recover',
  title: 'Recover Accuracy',
  summary:
    'After pruning or factorizing: refits the weights that are left, layer by layer, so that each puts out what the original did on your data. No training and no labels; minutes at most.',
  kind: 'lossy',
  family: 'prune',
  needs: { data: 'required', runtime: 'required' },
  suffix: 'recovered',
  options: {
    calibrationSamples: number({
      title: 'Samples',
      help: 'At most so many samples are used. A few dozen that look like real use are enough.',
      default: 128,
      minimum: 1,
      maximum: 4096,
      integer: true,
    }),
    branches: flag({
      title: 'Make up for other branches',
      help: 'A layer whose output is added to another branch also corrects what that branch has lost.',
      default: true,
      advanced: true,
    }),
    sequential: flag({
      title: 'One after the other',
      help: 'Each layer is fitted to what the layers before it really give after their own repair. Off: all at once, faster and less accurate.',
      default: true,
      advanced: true,
    }),
    batchNorm: choice({
      title: 'Batch norms',
      help: 'The statistics of batch norms that are not folded are estimated again from what the layers before them give now, where that brings the outputs nearer to the original.',
      choices: { reestimate: 'Estimate again where it helps', keep: 'Keep' },
      default: 'reestimate',
      advanced: true,
    }),
    vary: choice({
      title: 'Vary images',
      help: 'Fits on three variants of each image besides itself, moved by up to 4 % of its side: helps where there are fewer samples than a layer has inputs, and takes up to four times as long. Mirror also exchanges left and right, which suits photos, but no digits or text.',
      choices: { none: 'No', move: 'Move', mirror: 'Move and mirror' },
      default: 'none',
      advanced: true,
    }),
    exclude: excludeOption,
  },
});
