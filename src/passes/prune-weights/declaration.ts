import { declarePass } from '../../pass/declaration';
import { choice, excludeOption, flag, number } from '../../pass/option';

/** Unstructured and semi-structured pruning: single weights become zero. */
export const declaration = declarePass({
  id: 'prune-weights',
  title: 'Prune Weights',
  summary:
    'Sets the least important weights to zero: the file compresses better, and hardware that skips zeros gains. CPUs gain nothing; to be faster there, prune channels.',
  kind: 'lossy',
  family: 'prune',
  needs: { data: 'optional', runtime: 'optional' },
  suffix: 'sparse',
  options: {
    sparsity: number({
      title: 'Share of zeros',
      help: 'Share of the weights that become zero: 0.5 is half of them. The pattern N:M brings its own.',
      default: 0.5,
      minimum: 0.01,
      maximum: 0.99,
    }),
    pattern: choice({
      title: 'Pattern',
      help: 'Where the zeros may be. Hardware that gains from 2:4 needs exactly that; blocks suit libraries for block-sparse products.',
      choices: {
        free: 'Anywhere',
        '2:4': '2 of each 4 along the inputs',
        '4:8': '4 of each 8 along the inputs',
        block: 'Square blocks',
      },
      default: 'free',
    }),
    importance: choice({
      title: 'Importance by',
      help: 'Size of the weight alone, or times the size of what it is multiplied with, which needs data and is better.',
      choices: {
        auto: 'Weights times inputs with data, weights without',
        magnitude: 'Absolute weights',
        wanda: 'Weights times inputs (Wanda)',
      },
      default: 'auto',
      advanced: true,
    }),
    scope: choice({
      title: 'Compare weights',
      help: 'Within a layer each loses the same share; over the model those with many small weights lose more. A threshold zeroes what is smaller than it, whatever the share.',
      choices: { layer: 'Within each layer', global: 'Over the whole model', threshold: 'With a fixed threshold' },
      default: 'layer',
      advanced: true,
    }),
    threshold: number({
      title: 'Threshold',
      help: 'Weights of smaller absolute value become zero, when compared with a threshold.',
      default: 0.001,
      minimum: 0,
      advanced: true,
    }),
    blockSize: number({
      title: 'Side of a block',
      help: 'Outputs and inputs of a block that becomes zero as a whole.',
      default: 4,
      minimum: 2,
      maximum: 128,
      integer: true,
      advanced: true,
    }),
    sparseStorage: flag({
      title: 'Store sparse',
      help: 'Stores positions and values of what is left, where that is smaller. Few tools read it; ONNX Runtime restores it when loading.',
      default: false,
      advanced: true,
    }),
    exclude: excludeOption,
  },
});
