/** What can be done with a layer: in the tree with the rows that are selected, in a text with its name. */
import * as vscode from 'vscode';
import { familyCommand, type OwnCommandId } from '../../manifest/commands';
import { type Family } from '../../manifest/families';
import { type OwnHandlers } from '../commands';
import { type OnlyLayers } from '../compress/only';
import { type GraphTextFeature } from '../graphText/graphText';
import { activeModel } from './chooseModel';
import { type Exclusions } from './exclusions';
import { layersToPrune, type ModelGroups } from './modelGroups';
import { modelUri, treeNodes } from './modelsView';
import { type TreeNode } from './treeNodes';

type LayerCommand = Extract<OwnCommandId, `lapidary.layer.${string}` | 'lapidary.openText'>;

/** What the commands work with. */
export interface LayerServices {
  readonly texts: GraphTextFeature;
  readonly exclusions: Exclusions;
  readonly groups: ModelGroups;
  /** Shows a layer in the graph of its model's profile. */
  readonly revealGraph: (model: vscode.Uri, layer: string) => Promise<void>;
  /** Shows the program line that made a layer. */
  readonly revealSource: (model: vscode.Uri, layer: string) => Promise<void>;
}

/** Handlers of the commands. */
export function layerHandlers({
  texts,
  exclusions,
  groups,
  revealGraph,
  revealSource,
}: LayerServices): Pick<OwnHandlers, LayerCommand> {
  return {
    'lapidary.openText': async (argument) => {
      const model = modelUri(argument) ?? activeModel();
      if (model) return texts.open(model);
      return vscode.window.showInformationMessage(vscode.l10n.t('Open a model, or choose one in the explorer, first.'));
    },
    'lapidary.layer.revealText': async (...args) => {
      const layers = layersOf(args);
      if (layers) await texts.open(layers.model, layers.names[0]);
    },
    'lapidary.layer.revealGraph': async (...args) => {
      const layers = layersOf(args);
      if (layers) await revealGraph(layers.model, layers.names[0]);
    },
    'lapidary.layer.revealSource': async (...args) => {
      const layers = layersOf(args);
      if (layers) await revealSource(layers.model, layers.names[0]);
    },
    'lapidary.layer.exclude': async (...args) => {
      const layers = layersOf(args);
      if (layers) await exclusions.toggle(layers.model, layers.names);
    },
    'lapidary.layer.quantize': (...args) => compressOnly('quantize', layersOf(args)),
    'lapidary.layer.prune': async (...args) => {
      const layers = layersOf(args);
      if (!layers) return undefined;
      const only = { layers: layers.names, channels: layersToPrune(await groups.of(layers.model), layers.names) };
      return compressOnly('prune', layers, only);
    },
  };
}

interface ChosenLayers {
  readonly model: vscode.Uri;
  readonly names: readonly [string, ...string[]];
}

function compressOnly(
  family: Family,
  layers: ChosenLayers | undefined,
  only?: OnlyLayers,
): Thenable<unknown> | undefined {
  return (
    layers &&
    vscode.commands.executeCommand(familyCommand(family), layers.model, { only: only ?? { layers: layers.names } })
  );
}

/**
 * The layers that a command is for: those of the rows, scopes and groups with all that is in them; or (model, name). A
 * selection over several models is that of the row on which the menu was opened.
 */
function layersOf(args: readonly unknown[]): ChosenLayers | undefined {
  const [first, second] = args;
  if (first instanceof vscode.Uri) return typeof second === 'string' ? { model: first, names: [second] } : undefined;
  const rows = treeNodes(args).flatMap((node) => {
    const model = modelUri(node);
    return model ? namesOf(node).map((name) => ({ model, name })) : [];
  });
  const model = rows[0]?.model;
  const names = rows.filter((row) => row.model.toString() === model?.toString()).map(({ name }) => name);
  const [name, ...others] = new Set(names);
  return model && name !== undefined ? { model, names: [name, ...others] } : undefined;
}

function namesOf(node: TreeNode): readonly string[] {
  if (node.kind === 'group') return node.group.makers;
  return node.kind === 'branch' ? namesWithin(node.branch) : [];
}

function namesWithin(branch: Extract<TreeNode, { kind: 'branch' }>['branch']): readonly string[] {
  return branch.kind === 'layer' ? [branch.layer.name] : branch.children.flatMap(namesWithin);
}
