/** Keyboard shortcuts: only where a model is in hand, so that they take nothing from anybody else. */
import { type OwnCommandId } from './commands';
import { graphTextLanguage } from './languages';
import { modelsView, profileEditor } from './views';

interface Keybinding {
  readonly command: OwnCommandId;
  readonly key: string;
  readonly mac: string;
  readonly when: string;
}

const onModel = `activeCustomEditorId == ${profileEditor} || editorLangId == ${graphTextLanguage} || focusedView == ${modelsView}`;

/** `contributes.keybindings`. */
export function keybindingContributions(): readonly Keybinding[] {
  return [
    { command: 'lapidary.actions', key: 'ctrl+alt+l', mac: 'cmd+alt+l', when: onModel },
    {
      command: 'lapidary.openText',
      key: 'ctrl+alt+o',
      mac: 'cmd+alt+o',
      when: `activeCustomEditorId == ${profileEditor}`,
    },
  ];
}
