/** All passes, one line each. `implementations.ts` must hold the same keys: forgetting one fails to compile. */
import { declaration as absorbBias } from './absorb-bias/declaration';
import { declaration as binarizeWeights } from './binarize-weights/declaration';
import { declaration as convertFloat16 } from './convert-float16/declaration';
import { declaration as correctBias } from './correct-bias/declaration';
import { declaration as factorize } from './factorize/declaration';
import { declaration as equalizeLayers } from './equalize-layers/declaration';
import { declaration as pruneChannels } from './prune-channels/declaration';
import { declaration as pruneHeads } from './prune-heads/declaration';
import { declaration as pruneWeights } from './prune-weights/declaration';
import { declaration as pruneBlocks } from './prune-blocks/declaration';
import { declaration as quantizeDynamic } from './quantize-dynamic/declaration';
import { declaration as quantizeStatic } from './quantize-static/declaration';
import { declaration as quantizeWeights } from './quantize-weights/declaration';
import { declaration as recover } from './recover/declaration';
import { declaration as simplify } from './simplify/declaration';
import { declaration as smoothQuant } from './smooth-quant/declaration';

/** Declarations by pass id, in the order menus show them. */
export const declarations = {
  'quantize-static': quantizeStatic,
  'quantize-dynamic': quantizeDynamic,
  'quantize-weights': quantizeWeights,
  'binarize-weights': binarizeWeights,
  'convert-float16': convertFloat16,
  'prune-channels': pruneChannels,
  'prune-heads': pruneHeads,
  'prune-blocks': pruneBlocks,
  'prune-weights': pruneWeights,
  factorize,
  recover,
  'equalize-layers': equalizeLayers,
  'absorb-bias': absorbBias,
  'correct-bias': correctBias,
  'smooth-quant': smoothQuant,
  simplify,
} as const;

/** Id of a pass. */
export type PassId = keyof typeof declarations;

/** True when `id` names a pass. */
export const isPassId = (id: string): id is PassId => Object.hasOwn(declarations, id);
