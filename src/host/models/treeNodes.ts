/** What the tree of models is made of. */
import type * as vscode from 'vscode';
import { type LapidaryError } from '../../protocol/errors';
import { type GroupReport, type InspectReport, type Warning } from '../../protocol/report';
import { type Costs, type Measure } from './costs';
import { type Detail } from './details';
import { type LayerTreeNode } from './layerTree';

/** What the rows below a model share. */
export interface OpenModel {
  readonly uri: vscode.Uri;
  readonly report: InspectReport;
  readonly totals: Costs;
  /** What the shares are of. */
  readonly measure: Measure;
}

/** A model file. */
export interface ModelNode {
  readonly kind: 'model';
  readonly uri: vscode.Uri;
}

/** A scope or a layer. */
export interface BranchNode {
  readonly kind: 'branch';
  readonly branch: LayerTreeNode;
  readonly model: OpenModel;
}

/** A fact about a layer. */
export interface DetailNode {
  readonly kind: 'detail';
  readonly detail: Detail;
}

/** Why a model cannot be shown. */
export interface ProblemNode {
  readonly kind: 'problem';
  readonly error: LapidaryError;
}

/** Something about a model worth a person's notice. */
export interface WarningNode {
  readonly kind: 'warning';
  readonly warning: Warning;
}

/** The values of dynamic dimensions that everything below the model is counted with. */
export interface DimensionsNode {
  readonly kind: 'dimensions';
  readonly model: OpenModel;
}

/** The channels of a model that can only leave together. */
export interface GroupsNode {
  readonly kind: 'groups';
  readonly model: OpenModel;
}

/** One group of them. */
export interface GroupNode {
  readonly kind: 'group';
  readonly group: GroupReport;
  readonly model: OpenModel;
}

/** A row of the tree. */
export type TreeNode =
  ModelNode | BranchNode | DetailNode | ProblemNode | WarningNode | DimensionsNode | GroupsNode | GroupNode;
