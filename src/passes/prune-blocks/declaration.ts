import { declarePass } from '../../pass/declaration';
import { choice, excludeOption, flag, number, recoverOption, samplesOption } from '../../pass/option';

/** Depth pruning: residual branches leave as a whole. */
export const declaration = declarePass({
  id: 'prune-blocks',
  title: 'Prune Residual Blocks',
  summary:
    'Drops the residual blocks that change their input least, so that only the skip connection stays: fewer layers, and faster by about their share of the time. Give data, so that the layers are judged by what they really see.',
  kind: 'lossy',
  family: 'prune',
  needs: { data: 'optional', runtime: 'required' },
  suffix: 'shallow',
  options: {
    sparsity: number({
      title: 'Share to remove',
      help: 'Of the residual blocks: 0.2 removes one in five, at least one.',
      default: 0.2,
      minimum: 0.01,
      maximum: 0.9,
    }),
    criterion: choice({
      title: 'Importance by',
      help: 'How much a block turns its input, or how much the outputs of the whole model change without it. The second runs the model once for each block.',
      choices: {
        similarity: 'Similarity of input and output of the block',
        output: 'Change of the model’s outputs without it',
      },
      default: 'similarity',
    }),
    iterative: flag({
      title: 'Judge again after each block',
      help: 'Blocks look different once others are gone. Takes as many runs as blocks that leave.',
      default: false,
      advanced: true,
    }),
    calibrationSamples: samplesOption('How many samples of the data to look at.', 32),
    recover: recoverOption,
    exclude: excludeOption,
  },
});
