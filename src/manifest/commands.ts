/** Every command of the extension: those written by hand, one per pass, one per family. */
import { declarations, type PassId } from '../passes/declarations';
import { commandTitle, familiesOf, type Family } from './families';
import { type Texts } from './texts';

interface Command {
  readonly title: string;
  /** A codicon, for buttons. */
  readonly icon?: string;
  /** False: the command needs a tree item and has no business in the palette. */
  readonly palette?: false;
  /** Runs a model or writes a file, so the workspace must be trusted. */
  readonly needsTrust?: true;
}

const own = {
  'lapidary.compareWith': { title: 'Compare With…', icon: '$(compare-changes)', needsTrust: true },
  'lapidary.compareSelected': { title: 'Compare Selected Models', palette: false, needsTrust: true },
  'lapidary.sensitivity': { title: 'Sensitivity…', icon: '$(pulse)', needsTrust: true },
  'lapidary.models.refresh': { title: 'Refresh Models', icon: '$(refresh)' },
  'lapidary.models.sort': { title: 'Sort Layers By…', icon: '$(list-ordered)' },
  'lapidary.models.filter': { title: 'Filter Models and Layers…', icon: '$(filter)', palette: false },
  'lapidary.models.dimensions': { title: 'Set Dynamic Dimensions…', palette: false },
  'lapidary.models.open': { title: 'Open Profile', icon: '$(graph)', palette: false },
  'lapidary.models.reveal': { title: 'Reveal in Explorer', icon: '$(go-to-file)', palette: false },
  'lapidary.models.copy': { title: 'Copy', icon: '$(copy)', palette: false },
  'lapidary.actions': { title: 'Model Actions…' },
  'lapidary.openWalkthrough': { title: 'Open Walkthrough' },
  'lapidary.openText': { title: 'Open as Graph Text', icon: '$(file-code)' },
  'lapidary.models.audit': { title: 'Measure How Each Layer Runs', icon: '$(watch)', needsTrust: true },
  'lapidary.layer.quantize': { title: 'Quantize Only This…', palette: false, needsTrust: true },
  'lapidary.layer.prune': { title: 'Prune Only This…', palette: false, needsTrust: true },
  'lapidary.layer.revealSource': { title: 'Reveal in Python Source', icon: '$(symbol-method)', palette: false },
  'lapidary.layer.revealGraph': { title: 'Reveal in Graph', icon: '$(type-hierarchy)', palette: false },
  'lapidary.layer.revealText': { title: 'Reveal in Graph Text', icon: '$(file-code)', palette: false },
  'lapidary.layer.exclude': { title: 'Exclude from Passes (or Include Again)', palette: false },
  'lapidary.python.link': { title: 'Link Python File to Model…' },
  'lapidary.check': { title: 'Check Model', icon: '$(checklist)' },
  'lapidary.diagnostics.fix': { title: 'Mend Model', palette: false, needsTrust: true },
  'lapidary.diagnostics.ignore': { title: 'Never Report This', palette: false },
  'lapidary.runRecipe': { title: 'Run Recipe…', icon: '$(play)', needsTrust: true },
  'lapidary.saveRecipe': { title: 'Save Last Result as Recipe…' },
  'lapidary.openResult': { title: 'Open Recent Result…' },
  'lapidary.showLog': { title: 'Show Log' },
} as const satisfies Record<`lapidary.${string}`, Command>;

/** Id of a command that is written by hand; `host/commands.ts` must give each a handler, or it does not compile. */
export type OwnCommandId = keyof typeof own;

/** Id of the command of a pass. */
export const passCommand = (id: PassId): `lapidary.pass.${PassId}` => `lapidary.pass.${id}`;

/** Id of the command of a family. */
export const familyCommand = (family: Family): `lapidary.${Family}` => `lapidary.${family}`;

/** An entry of `contributes.commands`. */
export interface CommandContribution {
  readonly command: string;
  readonly title: string;
  readonly category: string;
  readonly icon?: string;
  readonly enablement?: string;
}

/** `contributes.commands`. */
export function commandContributions(texts: Texts): readonly CommandContribution[] {
  const category = texts.add('category', 'Lapidary');
  return Object.entries(allCommands()).map(([command, { title, icon, needsTrust }]) => ({
    command,
    title: texts.add(`command.${command.replace('lapidary.', '')}`, title),
    category,
    ...(icon ? { icon } : {}),
    ...(needsTrust ? { enablement: 'isWorkspaceTrusted' } : {}),
  }));
}

/** Commands that the palette must not offer. */
export function hiddenFromPalette(): readonly string[] {
  const hidden = Object.entries(allCommands()).filter(([, command]) => command.palette === false);
  return hidden.map(([command]) => command);
}

function allCommands(): Readonly<Record<string, Command>> {
  const families = familiesOf();
  const ofFamilies = families.map(({ family, title, passes }): [string, Command] => {
    // The family of one pass says the same as the pass itself, which the palette has already.
    const palette = passes.length === 1 ? { palette: false as const } : {};
    return [familyCommand(family), { title, needsTrust: true, ...palette }];
  });
  const ofPasses = families
    .flatMap(({ passes }) => passes)
    .map((id): [string, Command] => [passCommand(id), { title: commandTitle(declarations[id]), needsTrust: true }]);
  return { ...Object.fromEntries(ofFamilies), ...Object.fromEntries(ofPasses), ...own };
}
