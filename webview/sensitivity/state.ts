/** What the sensitivity page remembers while it is hidden. */
import { type FromSensitivityPage, type ToSensitivityPage } from '../../src/protocol/webview';
import { type Sort } from '../components/table/column';
import { type Wire } from '../vscode';

/** What the chart measures upwards: decibels, or top-1. */
export type Upwards = 'db' | 'accuracy';

/** What the chart measures to the right: the share of the group that is gone, or of the arithmetic that is saved. */
export type Rightwards = 'share' | 'saved';

/** Survives hiding the page and closing the window. */
export interface Remembered {
  readonly sort: Sort | null;
  readonly filter: string;
  readonly upwards: string;
  readonly rightwards: string;
  readonly scrollTop: number;
}

/** A page that nobody has touched: what costs the most comes first. */
export const untouched: Remembered = {
  sort: { column: 'rank', direction: 'ascending' },
  filter: '',
  upwards: 'db',
  rightwards: 'share',
  scrollTop: 0,
};

/** The page's connection. */
export type SensitivityWire = Wire<ToSensitivityPage, FromSensitivityPage, Remembered>;
