import assert from 'node:assert/strict';
import { declarePass } from '../../pass/declaration';
import { choice, excludeOption, flag, number } from '../../pass/option';
import { checkText, editText, questionsOf, startValues, valueText } from './questions';

const declaration = declarePass({
  id: 'polish',
  title: 'Polish',
  summary: 'Makes it shine.',
  kind: 'lossless',
  family: 'simplify',
  needs: {},
  suffix: 'shiny',
  options: {
    grit: choice({ title: 'Grit', help: '', choices: { fine: 'Fine', coarse: 'Coarse' }, default: 'fine' }),
    wet: flag({ title: 'Wet', help: '', default: true }),
    fixed: number({ title: 'Fixed', help: '', default: 8, oneOf: [8] }),
    bits: number({ title: 'Bits', help: '', default: 8, oneOf: [4, 8] }),
    ratio: number({ title: 'Ratio', help: '', default: 0.5, minimum: 0, maximum: 1, unit: '%' }),
    quiet: flag({ title: 'Quiet', help: '', default: false }),
    secret: flag({ title: 'Secret', help: '', default: false, advanced: true }),
    exclude: excludeOption,
  },
});
const words = { yes: 'yes', no: 'no', none: 'none' };

describe('host/compress/questions', () => {
  it('asks one step per option, the flags together, nothing that is advanced or without a choice', () => {
    const steps = questionsOf(declaration).map((each) => (each.kind === 'flags' ? each.ids.join('+') : each.id));
    assert.deepEqual(steps, ['grit', 'bits', 'ratio', 'wet+quiet']);
  });

  it('starts from the settings, and from the default where a setting is wrong', () => {
    const settings: Record<string, unknown> = { grit: 'coarse', bits: 5, ratio: 0.25, exclude: ['a*'], wet: null };
    const rejected: string[] = [];
    const values = startValues(
      declaration,
      (id) => settings[id],
      (message) => rejected.push(message),
    );
    assert.deepEqual(values, {
      grit: 'coarse',
      wet: true,
      fixed: 8,
      bits: 8,
      ratio: 0.25,
      quiet: false,
      secret: false,
      exclude: ['a*'],
    });
    assert.deepEqual(rejected, ['Option "bits" is one of 4, 8, not 5.']);
  });

  it('says values as a person reads them', () => {
    const { grit, wet, ratio, exclude } = declaration.options;
    assert.equal(valueText(grit, 'coarse', words), 'Coarse');
    assert.equal(valueText(wet, false, words), 'no');
    assert.equal(valueText(ratio, 0.1 + 0.2, words), '0.3 %');
    assert.equal(valueText(ratio, 50, words), '50 %');
    assert.equal(valueText(exclude, [], words), 'none');
    assert.equal(editText(['a', 'b*']), 'a, b*');
  });

  it('checks what is typed', () => {
    assert.equal(checkText('ratio', declaration.options.ratio, '0.5'), undefined);
    assert.match(checkText('ratio', declaration.options.ratio, '2') ?? '', /from 0 to 1/);
    assert.match(checkText('ratio', declaration.options.ratio, '') ?? '', /from 0 to 1/);
  });
});
