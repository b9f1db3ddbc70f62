import { declarePass } from '../../pass/declaration';
import { choice, excludeOption, number, recoverOption, samplesOption, seedOption } from '../../pass/option';

/** Structured pruning of attention: whole heads leave. */
export const declaration = declarePass({
  id: 'prune-heads',
  title: 'Prune Attention Heads',
  summary:
    'Takes the least important attention heads out of a transformer, with their part of the query, key, value and output weights. Costs accuracy; give data to choose better.',
  kind: 'lossy',
  family: 'prune',
  needs: { data: 'optional', runtime: 'optional' },
  suffix: 'heads',
  options: {
    sparsity: number({
      title: 'Share to remove',
      help: 'Of the heads: 0.25 removes a quarter of them.',
      default: 0.25,
      minimum: 0.01,
      maximum: 0.95,
    }),
    criterion: choice({
      title: 'Importance by',
      help: 'What is known of a head decides whether it leaves. The last two look at what the output projection really sees and need data.',
      choices: {
        auto: 'With data the change of the output projection, else squared weights',
        l2: 'Squared weights',
        l1: 'Absolute weights',
        random: 'Chance (to compare with)',
        activation: 'Weights times activations (Wanda)',
        taylor: 'Estimated change of the output projection',
      },
      default: 'auto',
    }),
    scope: choice({
      title: 'Compare heads',
      help: 'Over the whole model, layers that matter little lose more; within each layer, all lose the same share.',
      choices: { global: 'Over the whole model', layer: 'Within each layer' },
      default: 'global',
    }),
    maxShare: number({
      title: 'Most of a layer',
      help: 'Largest share of the heads of one layer that may leave; one always stays.',
      default: 0.75,
      minimum: 0.01,
      maximum: 0.99,
      advanced: true,
    }),
    calibrationSamples: samplesOption('How many samples of the data to look at.', 64),
    seed: seedOption,
    recover: recoverOption,
    exclude: excludeOption,
  },
});
