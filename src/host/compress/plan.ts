/** What a person wants done to a model, as the questions fill it in. */
import type * as vscode from 'vscode';
import { type PassDeclaration, suffixFor } from '../../pass/declaration';
import { declarations, type PassId } from '../../passes/declarations';
import { presetData, type Preset } from '../../passes/presets';
import { type PassStep } from '../../protocol/report';
import { type DataChoice } from '../data/chooseData';
import { type OptionValues } from './questions';

/** One or more passes under one name: a pass with its options, or a preset. */
export interface Work {
  /** In English; translate it where it is shown. */
  readonly title: string;
  /** Inserted before `.onnx` in the name of the output. */
  readonly suffix: string;
  readonly steps: readonly PassStep[];
  /** What data is to its passes. */
  readonly data?: 'required' | 'optional';
}

/** Work on one model. */
export interface Plan {
  readonly model: vscode.Uri;
  readonly work: Work;
  readonly data: DataChoice;
}

/** A pass as work. */
export function passWork(pass: PassId, options: OptionValues): Work {
  const declaration: PassDeclaration = declarations[pass];
  const { title, needs } = declaration;
  const suffix = suffixFor(declaration, options);
  return { title, suffix, steps: [{ pass, options }], ...(needs.data && { data: needs.data }) };
}

/** A preset as work. */
export function presetWork(preset: Preset): Work {
  const { title, suffix, steps } = preset;
  const data = presetData(preset);
  return { title, suffix, steps, ...(data && { data }) };
}
