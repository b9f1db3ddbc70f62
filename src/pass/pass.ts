/** A pass: its declaration with the function that does it. */
import { type Model } from '../graph/model';
import { type PassContext } from './context';
import { type PassDeclaration } from './declaration';
import { type Options, type ValuesOf } from './option';
import { type PassResult } from './result';

/** Makes a new model from `model`, which it leaves untouched. */
export type ApplyPass<T extends Options = Options> = (
  model: Model,
  options: ValuesOf<T>,
  context: PassContext,
) => Promise<PassResult>;

/** The implementation that belongs to a declaration. */
export type ApplyOf<D> = D extends PassDeclaration<infer T> ? ApplyPass<T> : never;
