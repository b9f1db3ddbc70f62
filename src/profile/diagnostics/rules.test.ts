import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { build, type ModelBuilder } from '../../../test/support/models';
import { passContext } from '../../../test/support/runPass';
import { sharedFolder } from '../../../test/support/shared';
import { readModel } from '../../graph/fromOnnx';
import { type Model } from '../../graph/model';
import { parseOptions } from '../../pass/option';
import { declaration as simplify } from '../../passes/simplify/declaration';
import { apply as applySimplify } from '../../passes/simplify/apply';
import { type Diagnostic } from '../../protocol/check';
import { loadOrt } from '../../runtime/ort';
import { checkModelHealth } from './check';
import { rules } from './rules';

const found = async (model: Model, limit = 20): Promise<readonly Diagnostic[]> =>
  (await checkModelHealth(model, { limit, breathe: () => Promise.resolve() })).diagnostics;

const image = (opset = 17): ModelBuilder => build({ opset, inputs: { x: ['float', [1, 3, 8, 8]] } });
const conv = (builder: ModelBuilder): ModelBuilder =>
  builder.conv('x', 'c', { channels: 16, inputChannels: 3, pad: 1, name: 'stem' });

function norm(builder: ModelBuilder, input: string, output: string, more = {}): ModelBuilder {
  const ones = new Array<number>(16).fill(1);
  for (const name of ['g', 'b', 'm', 'v']) builder.initializer(name, 'float', [16], ones);
  return builder.node('BatchNormalization', [input, 'g', 'b', 'm', 'v'], output, more, { name: 'norm' });
}

const wide = (columns: number, values?: Float32Array): ModelBuilder =>
  build({ inputs: { x: ['float', [8, 64]] } })
    .initializer('w', 'float', [64, columns], values)
    .node('MatMul', ['x', 'w'], 'h', {}, { name: 'hidden' })
    .relu('h', 'r')
    .matMul('r', 'y', [columns, 64], { name: 'last' })
    .output('y');

/** Normal numbers with one element, or one column, far larger. */
function withOutlier(columns: number, where: 'element' | 'column'): Float32Array {
  const values = Float32Array.from({ length: 64 * columns }, (_, i) => Math.sin(i * 12.9898) * 0.1);
  for (let row = 0; row < (where === 'element' ? 1 : 64); row++) values[row * columns + 3] = 90;
  return values;
}

/** x → DQ → Conv → Q/DQ → y as quantizers write it; `quantizes` false leaves the output of the layer in float. */
function quantized(quantizes: boolean): ModelBuilder {
  const builder = build({ inputs: { x: ['uint8', [1, 3, 8, 8]] } })
    .initializer('s', 'float', [], [0.1])
    .initializer('z', 'uint8', [], [3])
    .initializer('ws', 'float', [], [0.01])
    .initializer('wz', 'int8', [], [0])
    .initializer('wq', 'int8', [16, 3, 3, 3])
    .node('DequantizeLinear', ['x', 's', 'z'], 'xf')
    .node('DequantizeLinear', ['wq', 'ws', 'wz'], 'wf')
    .node('Conv', ['xf', 'wf'], 'c', {}, { name: 'layer' });
  if (quantizes) builder.node('QuantizeLinear', ['c', 's', 'z'], 'q').node('DequantizeLinear', ['q', 's', 'z'], 'y');
  else builder.relu('c', 'y');
  return builder.output('y');
}

/** For each rule: a model that it is about, and one that looks alike and is fine. */
const cases: Readonly<Record<string, { fires: () => ModelBuilder; silent: () => ModelBuilder; at?: string }>> = {
  'non-finite-weight': {
    fires: () =>
      wide(
        32,
        Float32Array.from({ length: 64 * 32 }, (_, i) => (i === 7 ? NaN : 1)),
      ),
    silent: () => wide(32),
    at: 'hidden w',
  },
  'training-mode': {
    fires: () => norm(conv(image()), 'c', 'y', { training_mode: 1 }).output('y'),
    silent: () => norm(conv(image()), 'c', 'y', { training_mode: 0 }).output('y'),
    at: 'norm',
  },
  'not-int8': { fires: () => quantized(false), silent: () => quantized(true), at: 'layer' },
  'batch-norm-not-folded': {
    fires: () => norm(conv(image()), 'c', 'y').output('y'),
    // Somebody else reads the convolution.
    silent: () => norm(conv(image()), 'c', 'y').output('y').output('c'),
    at: 'norm',
  },
  dropout: {
    fires: () => image().relu('x', 'r').node('Dropout', ['r'], 'd', {}, { name: 'drop' }).relu('d', 'y').output('y'),
    silent: () => image().node('Dropout', ['x'], ['y', 'm']).node('Not', ['m'], 'n').output('y').output('n'),
    at: 'drop',
  },
  'unused-initializer': {
    fires: () => conv(image()).initializer('rest', 'float', [200, 100]).output('c'),
    silent: () => conv(image()).output('c'),
    at: 'rest',
  },
  'duplicate-weight': {
    fires: () => {
      const values = Float32Array.from({ length: 4096 }, (_, i) => Math.cos(i));
      const builder = build({ inputs: { x: ['float', [1, 64]] } });
      for (const name of ['one', 'two']) builder.initializer(name, 'float', [64, 64], values);
      return builder.node('MatMul', ['x', 'one'], 'h').node('MatMul', ['h', 'two'], 'y').output('y');
    },
    silent: () => {
      // Equal in the first 4 KB alone.
      const builder = build({ inputs: { x: ['float', [1, 64]] } });
      for (const name of ['one', 'two']) {
        const values = Float32Array.from(
          { length: 4096 },
          (_, i) => Math.cos(i) + (name === 'two' && i === 4000 ? 1 : 0),
        );
        builder.initializer(name, 'float', [64, 64], values);
      }
      return builder.node('MatMul', ['x', 'one'], 'h').node('MatMul', ['h', 'two'], 'y').output('y');
    },
    at: 'two',
  },
  'overridable-weight': {
    fires: () =>
      image()
        .input('stem.weight', 'float', [16, 3, 3, 3])
        .conv('x', 'c', { channels: 16, inputChannels: 3, name: 'stem' })
        .output('c'),
    silent: () => conv(image()).output('c'),
    at: 'stem.weight',
  },
  'float64-constant': {
    fires: () =>
      build({ inputs: { x: ['double', [4]] } })
        .initializer('half', 'double', [], [0.5])
        .node('Mul', ['x', 'half'], 'y', {}, { name: 'scale' })
        .output('y'),
    silent: () =>
      build({ inputs: { x: ['float', [4]] } })
        .initializer('half', 'float', [], [0.5])
        .node('Mul', ['x', 'half'], 'y')
        .output('y'),
    at: 'scale half',
  },
  'old-opset': { fires: () => conv(image(12)).output('c'), silent: () => conv(image(13)).output('c'), at: '' },
  'known-shape': {
    fires: () => image().node('Shape', ['x'], 's').node('Reshape', ['x', 's'], 'y', {}, { name: 'view' }).output('y'),
    silent: () =>
      build({ inputs: { x: ['float', ['N', 3, 8, 8]] } })
        .node('Shape', ['x'], 's')
        .node('Reshape', ['x', 's'], 'y')
        .output('y'),
    at: 'view',
  },
  'outlier-weight': { fires: () => wide(80, withOutlier(80, 'element')), silent: () => wide(80), at: 'hidden w' },
  // The last layer is as wide as its task says, and 24 is a multiple of 8.
  'width-off-step': { fires: () => wide(60), silent: () => wide(24), at: 'hidden' },
};

describe('profile/diagnostics', () => {
  it('documents each rule', () => {
    const documented = readFileSync(path.join(__dirname, '../../../docs/command-line.md'), 'utf8');
    assert.deepEqual(
      rules.filter(({ code }) => !documented.includes(`| \`${code}\` |`)).map(({ code }) => code),
      [],
    );
  });

  it('has a test for each rule', () => {
    // One needs a measurement, and has a file of its own.
    assert.deepEqual(rules.map(({ code }) => code).sort(), [...Object.keys(cases), 'slower-than-float'].sort());
  });

  for (const [code, { fires, silent, at }] of Object.entries(cases)) {
    it(`${code}: is found, not seen in a model that is fine, and gone after its fix`, async () => {
      const mine = (all: readonly Diagnostic[]) => all.filter((each) => each.code === code);
      const diagnostics = mine(await found(fires().model()));
      assert.equal(diagnostics.length, 1, JSON.stringify(diagnostics));
      const [{ node, tensor, message, fix }] = diagnostics as [Diagnostic];
      assert.equal([node, tensor].filter((name) => name !== undefined).join(' '), at);
      assert.match(message, /\.$/);
      assert.deepEqual(mine(await found(silent().model())), []);
      if (!fix) return;
      assert.equal(fix.pass, 'simplify', 'teach this test the other pass');

      const options = parseOptions(simplify.options, fix.options);
      const { model } = await applySimplify(fires().model(), options, passContext({ runtime: await loadOrt() }));
      const codes = (await found(model)).map((each) => each.code);
      assert.ok(!codes.includes(code), codes.join(', '));
    });
  }

  it('takes small leftovers together, and float64 that is cast at once for what simplify folds', async () => {
    const small = conv(image()).initializer('a', 'int64', [1]).initializer('b', 'int64', [1]).output('c');
    const [unused] = await found(small.model());
    assert.match(unused!.message, /^Nothing reads 2 initializers, "a" the first: 16 bytes\.$/);
    const cast = build({ inputs: { x: ['float', [4]] } }).initializer('d', 'double', [], [0.5]);
    cast.node('Cast', ['d'], 'f', { to: 1 }).node('Mul', ['x', 'f'], 'y').output('y');
    assert.equal((await found(cast.model()))[0]!.fix?.pass, 'simplify');
  });

  it('tells outliers that a scale per channel holds from those that it does not', async () => {
    const texts = await Promise.all(
      (['element', 'column'] as const).map(async (where) => {
        const [first] = await found(wide(2048, withOutlier(2048, where)).model());
        assert.equal(first!.code, 'outlier-weight');
        return [first!.severity, first!.message] as const;
      }),
    );
    // 64 elements in a channel: none of them can be 35 times their rms.
    for (const [severity, message] of texts) {
      assert.equal(severity, 'hint');
      assert.match(message, /Quantize it with a scale per channel/);
    }
    const tall = Float32Array.from({ length: 4096 * 16 }, (_, i) => (i === 5 ? 90 : Math.sin(i * 12.9898) * 0.1));
    const model = build({ inputs: { x: ['float', [1, 4096]] } }).initializer('w', 'float', [4096, 16], tall);
    const [deep] = await found(model.node('MatMul', ['x', 'w'], 'y').output('y').model());
    assert.equal(deep!.severity, 'information');
    assert.match(deep!.message, /Even a scale per channel leaves/);
  });

  it('claims of a Relu between conversions only what rounding does not do', async () => {
    const between = (zeroPoint: number): ModelBuilder =>
      build({ inputs: { x: ['uint8', [1, 8]] } })
        .initializer('s', 'float', [], [0.1])
        .initializer('z', 'uint8', [], [zeroPoint])
        .node('DequantizeLinear', ['x', 's', 'z'], 'f')
        .node('Relu', ['f'], 'r', {}, { name: 'bend' })
        .node('QuantizeLinear', ['r', 's', 'z'], 'y')
        .output('y');
    assert.deepEqual(
      (await found(between(128).model())).map(({ code, severity, node }) => [code, severity, node]),
      [['not-int8', 'information', 'bend']],
    );
    assert.deepEqual(await found(between(0).model()), []);
    // A product without QuantizeLinear behind it becomes MatMulIntegerToFloat: integer arithmetic all the same.
    const product = build({ inputs: { x: ['uint8', [1, 8]] } })
      .initializer('s', 'float', [], [0.1])
      .initializer('z', 'uint8', [], [3])
      .initializer('wz', 'int8', [], [0])
      .initializer('wq', 'int8', [8, 8])
      .node('DequantizeLinear', ['x', 's', 'z'], 'f')
      .node('DequantizeLinear', ['wq', 's', 'wz'], 'w')
      .node('MatMul', ['f', 'w'], 'y')
      .output('y');
    assert.deepEqual(await found(product.model()), []);
  });

  it('leaves alone what leads to an output, and counts what it does not list', async () => {
    const builder = wide(60).relu('y', 'z').output('z');
    for (let i = 0; i < 30; i++) builder.node('Dropout', ['x'], `d${i}`).output(`d${i}`);
    const { diagnostics, counts } = await checkModelHealth(builder.model(), {
      limit: 5,
      breathe: () => Promise.resolve(),
    });
    assert.deepEqual(counts, { dropout: 30, 'width-off-step': 1 });
    assert.equal(diagnostics.length, 6);
    assert.deepEqual([diagnostics[0]!.severity, diagnostics.at(-1)!.severity], ['information', 'hint']);
  });

  it('reads old training attributes, constants in nodes and bodies', async () => {
    const training = image().node('Constant', [], 't', {
      value: build().initializer('v', 'bool', [], [1]).value('v').constant!,
    });
    training.node('Constant', [], 'r', { value_float: 0.5 }).node('Dropout', ['x', 'r', 't'], 'y').output('y');
    assert.deepEqual(
      (await found(training.model())).map(({ code }) => code),
      ['training-mode'],
    );
    const branch = (builder: ModelBuilder): ModelBuilder =>
      builder.body().node('Dropout', ['x'], `o${builder.graph.nodeCount}`).output(`o${builder.graph.nodeCount}`);
    const outer = image().input('flag', 'bool', []);
    outer.node('If', ['flag'], 'y', { then_branch: branch(outer), else_branch: branch(outer) }).output('y');
    assert.equal((await found(outer.model())).filter(({ code }) => code === 'dropout').length, 2);
  });

  it('finds nothing to warn of in models that are well exported', async function () {
    const folder = sharedFolder('checks of real models', 'models');
    if (!folder) return this.skip();
    const warned: Record<string, string[]> = {};
    for (const name of readdirSync(folder).filter((each) => each.endsWith('.onnx'))) {
      const diagnostics = await found(readModel(path.join(folder, name)));
      const warnings = diagnostics.filter(({ severity }) => severity === 'warning').map(({ code }) => code);
      if (warnings.length > 0) warned[name] = [...new Set(warnings)];
      for (const { message } of diagnostics) assert.doesNotMatch(message, /undefined|NaN times|\[object/);
    }
    assert.deepEqual(warned, {});
    return undefined;
  });
});
