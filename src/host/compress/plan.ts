/** What a person wants done to a model, as the questions fill it in. */
import type * as vscode from 'vscode';
import { type PassId } from '../../passes/declarations';
import { type DataChoice } from '../data/chooseData';
import { type OptionValues } from './questions';

/** A pass with its options, for one model. */
export interface Plan {
  readonly model: vscode.Uri;
  readonly pass: PassId;
  readonly options: OptionValues;
  readonly data: DataChoice;
}
