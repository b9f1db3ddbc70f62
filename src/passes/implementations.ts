/** How to load each pass: imported only when it runs, so that opening the editor costs nothing. */
import { type ApplyOf } from '../pass/pass';
import { type declarations, type PassId } from './declarations';

type Implementations = { readonly [K in PassId]: () => Promise<{ apply: ApplyOf<(typeof declarations)[K]> }> };

/** Lazy imports by pass id. */
export const implementations: Implementations = {
  'quantize-static': () => import('./quantize-static/apply'),
  'quantize-dynamic': () => import('./quantize-dynamic/apply'),
  'quantize-weights': () => import('./quantize-weights/apply'),
  'binarize-weights': () => import('./binarize-weights/apply'),
  'convert-float16': () => import('./convert-float16/apply'),
  'prune-channels': () => import('./prune-channels/apply'),
  'prune-heads': () => import('./prune-heads/apply'),
  'prune-blocks': () => import('./prune-blocks/apply'),
  'prune-weights': () => import('./prune-weights/apply'),
  factorize: () => import('./factorize/apply'),
  recover: () => import('./recover/apply'),
  'equalize-layers': () => import('./equalize-layers/apply'),
  'absorb-bias': () => import('./absorb-bias/apply'),
  'correct-bias': () => import('./correct-bias/apply'),
  'smooth-quant': () => import('./smooth-quant/apply'),
  simplify: () => import('./simplify/apply'),
};
