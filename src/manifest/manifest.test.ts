import assert from 'node:assert/strict';
import { declarePass } from '../pass/declaration';
import { choice, excludeOption, flag, number } from '../pass/option';
import { declarations, type PassId } from '../passes/declarations';
import { commandContributions, hiddenFromPalette, passCommand } from './commands';
import { familiesOf } from './families';
import { buildManifest } from './manifest';
import { menuContributions } from './menus';
import { passReference } from './passReference';
import { recipeSchema } from './recipeSchema';
import { optionSetting, passSettings } from './settings';
import { Texts } from './texts';

const sample = declarePass({
  id: 'polish',
  title: 'Polish',
  summary: 'Makes it shine.',
  kind: 'lossless',
  family: 'simplify',
  needs: {},
  suffix: 'shiny',
  options: {
    grit: choice({
      title: 'Grit',
      help: 'Finer is slower.',
      choices: { fine: 'Fine', coarse: 'Coarse' },
      default: 'fine',
    }),
    rounds: number({
      title: 'Rounds',
      help: 'How often.',
      default: 3,
      minimum: 1,
      maximum: 9,
      integer: true,
      unit: 'x',
    }),
    bits: number({ title: 'Bits', help: 'How many.', default: 8, oneOf: [4, 8], integer: true }),
    wet: flag({ title: 'Wet', help: 'With water.', default: true }),
    exclude: excludeOption,
  },
});

describe('manifest', () => {
  it('makes a setting of each option, with its bounds and choices', () => {
    const settings = passSettings(sample, new Texts());
    const plain = Object.values(settings).map(({ description: _description, order: _order, ...rest }) => rest);
    assert.deepEqual(Object.keys(settings)[0], optionSetting('polish', 'grit'));
    assert.deepEqual(plain, [
      {
        type: 'string',
        default: 'fine',
        enum: ['fine', 'coarse'],
        enumItemLabels: ['%option.polish.grit.fine%', '%option.polish.grit.coarse%'],
        scope: 'resource',
      },
      { type: 'integer', default: 3, minimum: 1, maximum: 9, scope: 'resource' },
      { type: 'integer', default: 8, enum: [4, 8], scope: 'resource' },
      { type: 'boolean', default: true, scope: 'resource' },
      { type: 'array', items: { type: 'string' }, default: [], scope: 'resource' },
    ]);
  });

  it('groups passes in families; the only pass of a family lends it its name', () => {
    const two = { polish: sample, rub: { ...sample, id: 'rub', title: 'Rub' } };
    assert.deepEqual(familiesOf(two), [{ family: 'simplify', title: 'Simplify Model…', passes: ['polish', 'rub'] }]);
    assert.deepEqual(familiesOf({ polish: sample }), [{ family: 'simplify', title: 'Polish…', passes: ['polish'] }]);
  });

  it('has a command per pass, none of which a menu or the palette names in vain', () => {
    const known = commandContributions(new Texts()).map(({ command }) => command);
    for (const { id } of Object.values(declarations)) assert.ok(known.includes(passCommand(id as PassId)), id);
    assert.equal(new Set(known).size, known.length);
    const named = Object.values(menuContributions()).flatMap((items) => items.map(({ command }) => command));
    assert.deepEqual(
      [...named, ...hiddenFromPalette()].filter((command) => !known.includes(command)),
      [],
    );
  });

  it('offers no two commands of one name in the palette', () => {
    const hidden = hiddenFromPalette();
    const { fields, texts } = buildManifest();
    const { commands } = fields.contributes as { commands: readonly { command: string; title: string }[] };
    const shown = commands.filter(({ command }) => !hidden.includes(command));
    const titles = shown.map(({ title }) => texts[title.replaceAll('%', '')]);
    assert.equal(new Set(titles).size, titles.length, titles.join(', '));
  });

  it('describes a recipe step by the pass it names', () => {
    const text = JSON.stringify(recipeSchema({ polish: sample }));
    assert.match(text, /"pass":\{"const":"polish"/);
    assert.match(text, /"grit":\{"type":"string","default":"fine","enum":\["fine","coarse"\]/);
  });

  it('has a row in the reference for each option, with its values, its default and what it does', () => {
    const page = passReference({ polish: sample }, []);
    assert.match(page, /^## Polish$/m);
    assert.match(page, /^`polish`\. Makes it shine\.$/m);
    assert.match(page, /^Lossless\. Makes `model\.shiny\.onnx`\./m);
    const rows = page.split('\n').filter((line) => line.startsWith('| `'));
    assert.deepEqual(rows.slice(0, 4), [
      '| `grit` | `fine`, `coarse` | `fine` | Grit. Finer is slower. `fine`: Fine. `coarse`: Coarse. |',
      '| `rounds` | whole number from 1 to 9 (x) | 3 | Rounds. How often. |',
      '| `bits` | 4, 8 | 8 | Bits. How many. |',
      '| `wet` | on, off | on | Wet. With water. |',
    ]);
    assert.match(rows[4]!, /^\| `exclude` \* \| names \| none \| Exclude\. .*\\\* and \? are wildcards/);
    assert.equal(rows.length, 5);
  });

  it('refuses two texts under one key', () => {
    const texts = new Texts();
    texts.add('a', 'one');
    assert.equal(texts.add('a', 'one'), '%a%');
    assert.throws(() => texts.add('a', 'two'), /share the key a/);
  });
});
