/** Where the commands appear. */
import { familyCommand, hiddenFromPalette, type OwnCommandId } from './commands';
import { familiesOf } from './families';
import { modelsView, viewItems } from './views';

/** An entry of one of `contributes.menus`. */
export interface MenuItem {
  readonly command: string;
  readonly when?: string;
  readonly group?: string;
}

const isModelFile = 'resourceExtname == .onnx';
const isRecipe = 'resourceFilename =~ /\\.lapidary\\.json$/';
const inView = `view == ${modelsView}`;
const own = (command: OwnCommandId): OwnCommandId => command;

/** `contributes.menus`. */
export function menuContributions(): Readonly<Record<string, readonly MenuItem[]>> {
  const families = familiesOf().map(({ family }) => familyCommand(family));
  const others = ['lapidary.runRecipe', 'lapidary.check', 'lapidary.sensitivity', 'lapidary.compareWith'] as const;
  const onOne = [...families, ...others.map(own)];
  const onRecipe = { command: own('lapidary.runRecipe'), when: isRecipe };
  const onModel = `${inView} && viewItem == ${viewItems.model}`;
  const onLayer = `${inView} && viewItem == ${viewItems.layer}`;
  const onLayers = `${inView} && viewItem =~ /^lapidary\\.(layer|scope)$/`;
  const onGroup = `${inView} && viewItem == ${viewItems.group}`;
  return {
    'explorer/context': [
      ...onOne.map((command, index) => ({
        command,
        when: `${isModelFile} && !listMultiSelection`,
        group: `2_lapidary@${index + 1}`,
      })),
      {
        command: own('lapidary.compareSelected'),
        when: `${isModelFile} && listDoubleSelection`,
        group: '2_lapidary@1',
      },
      { ...onRecipe, group: '2_lapidary@1' },
    ],
    'editor/title': [{ ...onRecipe, group: 'navigation@1' }],
    'editor/title/context': [
      ...onOne.map((command, index) => ({ command, when: isModelFile, group: `2_lapidary@${index + 1}` })),
      { ...onRecipe, group: '2_lapidary@1' },
    ],
    'view/title': [
      { command: own('lapidary.models.sort'), when: inView, group: 'navigation@1' },
      { command: own('lapidary.models.filter'), when: inView, group: 'navigation@2' },
      { command: own('lapidary.models.refresh'), when: inView, group: 'navigation@3' },
    ],
    'view/item/context': [
      ...onOne.map((command, index) => ({ command, when: onModel, group: `1_lapidary@${index + 1}` })),
      { command: own('lapidary.models.open'), when: onModel, group: 'inline@1' },
      { command: own('lapidary.models.open'), when: onModel, group: '0_open@1' },
      { command: own('lapidary.layer.revealText'), when: onLayer, group: 'inline@1' },
      { command: own('lapidary.layer.revealText'), when: onLayer, group: '0_reveal@1' },
      { command: own('lapidary.layer.revealGraph'), when: onLayer, group: '0_reveal@2' },
      { command: own('lapidary.layer.revealSource'), when: onLayer, group: '0_reveal@3' },
      { command: own('lapidary.layer.quantize'), when: onLayers, group: '1_layer@1' },
      { command: own('lapidary.layer.prune'), when: onLayers, group: '1_layer@2' },
      { command: own('lapidary.layer.exclude'), when: onLayers, group: '1_layer@3' },
      { command: own('lapidary.layer.revealText'), when: onGroup, group: 'inline@1' },
      { command: own('lapidary.layer.revealText'), when: onGroup, group: '0_reveal@1' },
      { command: own('lapidary.layer.revealGraph'), when: onGroup, group: '0_reveal@2' },
      { command: own('lapidary.layer.prune'), when: onGroup, group: '1_layer@1' },
      { command: own('lapidary.models.audit'), when: onModel, group: '0_open@2' },
      { command: own('lapidary.models.dimensions'), when: onModel, group: '2_file@2' },
      { command: own('lapidary.models.reveal'), when: onModel, group: '2_file@1' },
      { command: own('lapidary.models.copy'), when: `${inView} && viewItem =~ /^${viewItems.any}/`, group: '3_copy@1' },
    ],
    commandPalette: hiddenFromPalette().map((command) => ({ command, when: 'false' })),
  };
}
