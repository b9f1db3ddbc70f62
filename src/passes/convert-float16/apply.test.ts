import assert from 'node:assert/strict';
import { convertFloat16, storedType } from '../../../test/support/convertFloat16';
import { build, float } from '../../../test/support/models';
import { floatsOf, lines, optimizedOperators, runModel, runPass } from '../../../test/support/runPass';
import { Tensor } from '../../graph/tensor';
import { float16Value } from '../../../test/support/halves';
import { differencePower, sqnrDb } from '../../numerics/quantize';
import { inputPorts, randomFeeds } from '../../runtime/randomFeeds';
import { apply } from './apply';
import { declaration } from './declaration';

const pass = { declaration, apply };

describe('passes/convert-float16, rewriting', () => {
  it('casts at the borders, converts weights and computes between', async () => {
    const builder = build({ inputs: { x: ['float', ['n', 3, 8, 8]] } })
      .conv('x', 'c', { name: 'conv', channels: 4, inputChannels: 3 })
      .relu('c', 'y')
      .output('y', 'float', ['n', 4, 6, 6]);
    const { model, changed, skipped, notes } = await convertFloat16(builder);
    assert.deepEqual(lines(model.graph), [
      'Cast<float16>(x) -> x_float16',
      'Conv(x_float16, conv.weight, conv.bias) -> c',
      'Relu(c) -> y_float16',
      'Cast<float>(y_float16) -> y',
    ]);
    assert.equal(storedType(model, 'conv.weight'), 'float16');
    assert.deepEqual(skipped, []);
    assert.deepEqual(
      changed.map(({ node, what, bytesBefore, bytesAfter }) => [node, what, bytesBefore, bytesAfter]),
      [
        ['conv', 'float32 → float16', 448, 224],
        ['Relu_y', 'float32 → float16', undefined, undefined],
      ],
    );
    assert.ok(changed[0]!.weightSqnrDb! > 60);
    assert.match(notes.at(-1)!, /CPU computes float16 in float32/);
    const type = model.graph.outputs[0]!.type;
    assert.ok(type?.kind === 'tensor' && type.dataType === 'float' && type.shape?.length === 4);
  });

  it('inputs and outputs in float16 when asked', async () => {
    const input = build({ inputs: { x: ['float', ['n', 16]] } })
      .initializer('axis', 'int64', [], [0])
      .matMul('x', 'm', [16, 8])
      .node('CumSum', ['m', 'axis'], 'kept')
      .output('m', 'float', ['n', 8])
      .output('kept', 'float', ['n', 8]);
    const { model } = await runPass(pass, input.model(), { options: { keepIoTypes: false } });
    assert.deepEqual(lines(model.graph), [
      'MatMul(x, MatMul_m.weight) -> m',
      'Cast<float>(m) -> m_float32',
      'CumSum(m_float32, axis) -> kept_float32',
      'Cast<float16>(kept_float32) -> kept',
    ]);
    for (const value of [...model.graph.inputs, ...model.graph.outputs]) {
      assert.ok(value.type?.kind === 'tensor' && value.type.dataType === 'float16', value.name);
    }
    const feeds = { x: { dataType: 'float16' as const, shape: [2, 16], data: new Uint16Array(32).fill(0x3c00) } };
    assert.equal((await runModel(model, feeds)).m!.dataType, 'float16');
  });

  it('one cast per value and direction, however many read it', async () => {
    const builder = build({ inputs: { x: ['float', ['n', 8]] } })
      .initializer('k', 'int64', [1], [8])
      .matMul('x', 'a', [8, 8])
      .node('TopK', ['a', 'k'], ['top', 'index'])
      .node('TopK', ['a', 'k'], ['top2', 'index2'])
      .node('Add', ['top', 'top2'], 'b')
      .node('Mul', ['top', 'b'], 'y')
      .output('y')
      .output('a');
    const { model, skipped } = await convertFloat16(builder);
    assert.deepEqual(lines(model.graph), [
      'Cast<float16>(x) -> x_float16',
      'MatMul(x_float16, MatMul_a.weight) -> a_float16',
      'Cast<float>(a_float16) -> a',
      'TopK(a, k) -> top, index',
      'Cast<float16>(top) -> top_float16',
      'TopK(a, k) -> top2, index2',
      'Cast<float16>(top2) -> top2_float16',
      'Add(top_float16, top2_float16) -> b',
      'Mul(top_float16, b) -> y_float16',
      'Cast<float>(y_float16) -> y',
    ]);
    assert.equal(skipped.length, 2);
  });

  it('clamps to what float16 holds; zeros, infinities and NaN stay', async () => {
    const values = [1e9, -3.4e38, 1e-12, -1e-12, 0, Infinity, -Infinity, 65504, 1 / 3];
    const builder = build({ inputs: { x: ['float', [9]] } })
      .initializer('w', 'float', [9], values)
      .node('Max', ['x', 'w'], 'y')
      .output('y');
    const { model, notes } = await runPass(pass, builder.model());
    const bytes = model.graph.initializers.get('w')!.constant!.bytes();
    const stored = Array.from(new Uint16Array(bytes.slice().buffer), float16Value);
    assert.deepEqual(stored.slice(0, 8), [65504, -65504, 2 ** -24, -(2 ** -24), 0, Infinity, -Infinity, 65504]);
    assert.ok(Math.abs(stored[8]! - 1 / 3) < 1e-4);
    assert.match(notes.join(' '), /beyond 65504 were stored as that, in "w"/);
  });

  it('a constant read in both types is converted once, and kept for those who need it', async () => {
    const builder = build({ inputs: { x: ['float', ['n', 3]] } })
      .initializer('w', 'float', [3], [1, 2, 3])
      .initializer('one', 'float', [], [1])
      .initializer('zero', 'float', [], [0])
      .initializer('limit', 'float', [], [4])
      .node('Add', ['x', 'w'], 'a')
      .node('Mul', ['a', 'w'], 'b')
      .node('Range', ['zero', 'limit', 'one'], 'r')
      .node('ReduceSum', ['r'], 's', { keepdims: 0 })
      .node('Mul', ['s', 'one'], 'so')
      .node('Mul', ['b', 'so'], 'y')
      .output('y');
    const { model } = await convertFloat16(builder);
    assert.equal(storedType(model, 'w'), 'float16');
    assert.equal(storedType(model, 'one'), 'float');
    assert.equal(storedType(model, 'one_float16'), 'float16');
    assert.equal([...model.graph.initializers.keys()].filter((name) => name.startsWith('w')).length, 1);
  });

  it('Constant nodes and fillers follow their readers', async () => {
    const tensor = Tensor.ofBytes('', 'float', [1], new Uint8Array(Float32Array.of(2).buffer));
    const builder = build({ inputs: { x: ['float', ['n', 4]] } })
      .node('Constant', [], 'c', { value: tensor })
      .node('Constant', [], 'f', { value_float: float(3) })
      .node('Shape', ['x'], 'shape')
      .node('ConstantOfShape', ['shape'], 'filled', { value: tensor })
      .node('ConstantOfShape', ['shape'], 'zeros')
      .node('Mul', ['x', 'c'], 'a')
      .node('Mul', ['a', 'f'], 'b')
      .node('Add', ['b', 'filled'], 'd')
      .node('Add', ['d', 'zeros'], 'y')
      .output('y');
    const { model, skipped } = await convertFloat16(builder);
    assert.deepEqual(skipped, []);
    assert.equal([...model.graph.nodes()].filter(({ opType }) => opType === 'Cast').length, 2);
    assert.deepEqual(Object.keys(await optimizedOperators(model)).includes('ConstantOfShape'), true);
  });

  it('casts of the model change their type, or go when they have become idle', async () => {
    const builder = build({ inputs: { x: ['float', ['n', 4]], i: ['int64', ['n', 4]] } })
      .node('Cast', ['i'], 'fi', { to: 1 })
      .node('Mul', ['x', 'fi'], 'a')
      .node('Cast', ['a'], 'half', { to: 10 })
      .node('Cast', ['half'], 'back', { to: 1 })
      .node('Cast', ['a'], 'double', { to: 11 })
      .node('CastLike', ['back', 'x'], 'like')
      .relu('like', 'y')
      .output('y')
      .output('double');
    const { model } = await convertFloat16(builder);
    assert.deepEqual(lines(model.graph), [
      'Cast<float16>(x) -> x_float16',
      'Cast<float16>(i) -> fi',
      'Mul(x_float16, fi) -> a',
      'Cast<double>(a) -> double',
      'Identity(a) -> like',
      'Relu(like) -> y_float16',
      'Cast<float>(y_float16) -> y',
    ]);
  });

  it('bodies compute in float16, their borders stay', async () => {
    const outer = build({ inputs: { x: ['float', [4, 4]], flag: ['bool', []] } })
      .initializer('w', 'float', [4, 4])
      .initializer('v', 'float', [4, 4])
      .relu('x', 'h');
    const yes = outer.body().node('MatMul', ['h', 'w'], 'a0').node('Relu', ['a0'], 'a').output('a');
    const no = outer.body().node('MatMul', ['h', 'v'], 'b0').node('Tanh', ['b0'], 'b').output('b');
    outer.node('If', ['flag'], 'z', { then_branch: yes, else_branch: no }).node('Add', ['z', 'h'], 'y').output('y');
    const model = outer.model();
    const result = await runPass(pass, model);
    assert.equal(storedType(result.model, 'w'), 'float16');
    const branch = [...result.model.graph.nodes()].find(({ opType }) => opType === 'If')!.subgraph('then_branch')!;
    assert.deepEqual(lines(branch), ['MatMul(h, w) -> a0', 'Relu(a0) -> a_float16', 'Cast<float>(a_float16) -> a']);
    for (const value of [0, 1]) {
      const feeds = {
        ...randomFeeds(inputPorts(model)),
        flag: { dataType: 'bool' as const, shape: [], data: Uint8Array.of(value) },
      };
      const [a, b] = [await runModel(model, feeds), await runModel(result.model, feeds)];
      assert.ok(sqnrDb(differencePower(floatsOf(a.y), floatsOf(b.y))) > 50);
    }
  });

  it('Loop carries float32 and computes in float16', async () => {
    const outer = build({ inputs: { x: ['float', [4, 4]] } })
      .initializer('trips', 'int64', [], [3])
      .initializer('true', 'bool', [], [1])
      .initializer('w', 'float', [4, 4]);
    const body = outer
      .body({ inputs: { i: ['int64', []], cond: ['bool', []], state: ['float', [4, 4]] } })
      .node('Identity', ['cond'], 'go')
      .node('MatMul', ['state', 'w'], 'next')
      .node('Relu', ['next'], 'scan')
      .output('go', 'bool', [])
      .output('next', 'float', [4, 4])
      .output('scan', 'float', [4, 4]);
    outer.node('Loop', ['trips', 'true', 'x'], ['last', 'all'], { body }).output('last').output('all');
    const { model, changed } = await convertFloat16(outer);
    assert.deepEqual(
      changed.map(({ opType }) => opType),
      ['MatMul', 'Relu'],
    );
    assert.equal(storedType(model, 'w'), 'float16');
  });
});
