import { declarePass } from '../../pass/declaration';
import { choice, excludeOption, flag, number, recoverOption, samplesOption, seedOption } from '../../pass/option';

/** Structured pruning: whole channels leave, with everything that is tied to them. */
export const declaration = declarePass({
  id: 'prune-channels',
  title: 'Prune Channels',
  summary:
    'Takes the least important channels out of the layers, with all weights that make or read them: less arithmetic, a smaller file, and measurably faster everywhere. Costs accuracy; give data to choose better.',
  kind: 'lossy',
  family: 'prune',
  needs: { data: 'optional', runtime: 'optional' },
  suffix: 'pruned',
  options: {
    sparsity: number({
      title: 'Share to remove',
      help: 'Of the channels, or of what "target" says: 0.3 removes 30 %.',
      default: 0.3,
      minimum: 0.01,
      maximum: 0.95,
    }),
    target: choice({
      title: 'Share of',
      help: 'What the share is measured in. With latency, models are measured on this machine until one is fast enough.',
      choices: {
        channels: 'Channels',
        macs: 'Multiply-accumulates',
        parameters: 'Parameters',
        latency: 'Latency, measured here',
      },
      default: 'channels',
    }),
    criterion: choice({
      title: 'Importance by',
      help: 'What is known of a channel decides whether it leaves. The last three look at what the layers really see and need data.',
      choices: {
        auto: 'With data the change of the next layers, else squared weights',
        l2: 'Squared weights',
        l1: 'Absolute weights',
        'bn-scale': 'Scale of the batch norm',
        'geometric-median': 'Distance to the geometric median (FPGM)',
        lamp: 'Layer-adaptive magnitude (LAMP)',
        random: 'Chance (to compare with)',
        activation: 'Weights times activations (Wanda)',
        taylor: 'Estimated change of the next layers',
        reconstruction: 'What the next layers lose after refitting (with recover; slower)',
      },
      default: 'auto',
    }),
    scope: choice({
      title: 'Compare channels',
      help: 'Over the whole model, layers that matter little lose more; within each layer, all lose the same share. By sensitivity, each group of channels is tried alone on data, and those lose more that cost the outputs less for what they save.',
      choices: {
        global: 'Over the whole model',
        layer: 'Within each layer',
        sensitivity: 'By what each group costs the outputs (takes data, slower)',
      },
      default: 'global',
    }),
    multipleOf: number({
      title: 'Channels are multiples of',
      help: 'Processors work on 16 or 8 channels at a time, and a number between costs as much as the next multiple. 0 takes what this machine gains from (less in narrow layers where the share cannot be reached without), 1 allows any number.',
      default: 0,
      minimum: 0,
      maximum: 256,
      integer: true,
      advanced: true,
    }),
    maxShare: number({
      title: 'Most of a layer',
      help: 'Largest share of the channels of one layer that may leave.',
      default: 0.8,
      minimum: 0.01,
      maximum: 0.99,
      advanced: true,
    }),
    steps: number({
      title: 'Steps',
      help: 'Prunes little by little and judges anew after each step.',
      default: 1,
      minimum: 1,
      maximum: 20,
      integer: true,
      advanced: true,
    }),
    approximate: flag({
      title: 'Also prune where the rest changes',
      help: 'Norms over channels change the others when some leave, and an activation may turn a removed channel into a constant that was summed. Off by default: what is left then computes exactly what the whole model does with those channels at zero.',
      default: false,
      advanced: true,
    }),
    calibrationSamples: samplesOption('How many samples of the data to look at activations on.', 64),
    seed: seedOption,
    recover: recoverOption,
    exclude: excludeOption,
  },
});
