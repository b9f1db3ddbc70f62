/** What can be done with a layer: in the tree with the rows that are selected, in a text with its name. */
import * as vscode from 'vscode';
import { type OwnCommandId } from '../../manifest/commands';
import { type OwnHandlers } from '../commands';
import { type GraphTextFeature } from '../graphText/graphText';
import { activeModel } from './chooseModel';
import { type Exclusions } from './exclusions';
import { modelUri, treeNodes } from './modelsView';

type LayerCommand = Extract<OwnCommandId, `lapidary.layer.${string}` | 'lapidary.openText'>;

/** Handlers of the commands. */
export function layerHandlers(texts: GraphTextFeature, exclusions: Exclusions): Pick<OwnHandlers, LayerCommand> {
  return {
    'lapidary.openText': async (argument) => {
      const model = modelUri(argument) ?? activeModel();
      if (model) return texts.open(model);
      return vscode.window.showInformationMessage(vscode.l10n.t('Open a model, or choose one in the explorer, first.'));
    },
    'lapidary.layer.revealText': async (...args) => {
      const [layer] = layersOf(args);
      if (layer) await texts.open(layer.model, layer.name);
    },
    'lapidary.layer.exclude': async (...args) => {
      const layers = layersOf(args);
      const [first] = layers;
      // A selection over several models is that of the row on which the menu was opened.
      const own = layers.filter(({ model }) => model.toString() === first?.model.toString());
      if (first)
        await exclusions.toggle(
          first.model,
          own.map(({ name }) => name),
        );
    },
  };
}

interface LayerOfModel {
  readonly model: vscode.Uri;
  readonly name: string;
}

/** The layers that a command is for: those of the rows, scopes with all that is in them; or (model, name). */
function layersOf(args: readonly unknown[]): LayerOfModel[] {
  const [first, second] = args;
  if (first instanceof vscode.Uri) return typeof second === 'string' ? [{ model: first, name: second }] : [];
  return treeNodes(args).flatMap((node) => {
    if (node.kind !== 'branch') return [];
    const model = node.model.uri;
    return namesWithin(node.branch).map((name) => ({ model, name }));
  });
}

function namesWithin(branch: Extract<ReturnType<typeof treeNodes>[number], { kind: 'branch' }>['branch']): string[] {
  return branch.kind === 'layer' ? [branch.layer.name] : branch.children.flatMap(namesWithin);
}
