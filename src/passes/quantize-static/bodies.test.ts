import assert from 'node:assert/strict';
import { noise, sourceOf, truth, whole } from '../../../test/support/feeds';
import { build, type ModelBuilder } from '../../../test/support/models';
import { quantize } from '../../../test/support/quantizeStatic';
import { floatsOf, lines, optimizedOperators, runModel } from '../../../test/support/runPass';
import { type Model } from '../../graph/model';
import { differencePower, sqnrDb } from '../../numerics/quantize';
import { auditModel } from '../../profile/audit/audit';
import { loadOrt } from '../../runtime/ort';
import { type Feeds } from '../../runtime/port';

const image = [1, 8, 10, 10];

/** Two branches that share the weight `w` of the graph around; one has weights of its own as well. */
function choice(): ModelBuilder {
  const builder = build({ inputs: { c: ['bool', []], x: ['float', image] } }).initializer('w', 'float', [8, 8, 3, 3]);
  const yes = builder
    .body({ name: 'yes' })
    .node('Conv', ['x', 'w'], 'a', { pads: [1, 1, 1, 1] }, { name: 'shared one' })
    .relu('a', 'r')
    .conv('r', 'p', { channels: 8, inputChannels: 8, pad: 1, name: 'own' })
    .output('p', 'float', image);
  const no = builder
    .body({ name: 'no' })
    .node('Conv', ['x', 'w'], 'q', { pads: [1, 1, 1, 1] }, { name: 'shared two' })
    .output('q', 'float', image);
  return builder.node('If', ['c'], 'y', { then_branch: yes, else_branch: no }, { name: 'choice' }).output('y');
}

async function sqnrOn(before: Model, after: Model, feeds: Feeds): Promise<number> {
  const [a, b] = [await runModel(before, feeds), await runModel(after, feeds)];
  return Math.min(...Object.keys(a).map((name) => sqnrDb(differencePower(floatsOf(a[name]), floatsOf(b[name])))));
}

describe('passes/quantize-static: bodies', () => {
  it('quantizes layers where they are, and weights where those are', async () => {
    const model = choice().model();
    const feeds = [true, false, true, false].map((flag) => ({ c: truth(flag), x: noise(image) }));
    const { model: result, changed, skipped } = await quantize(model, {}, { data: sourceOf(feeds) });
    assert.deepEqual(
      changed.map(({ node }) => node),
      ['shared one', 'own', 'shared two'],
    );
    assert.deepEqual(skipped, []);
    const choiceNode = [...result.graph.nodes()].find(({ opType }) => opType === 'If')!;
    const [yes, no] = [choiceNode.subgraph('then_branch')!, choiceNode.subgraph('else_branch')!];
    assert.deepEqual(
      lines(result.graph).map((line) => line.replace(/\(.*/, '')),
      ['QuantizeLinear', 'If'],
    );
    assert.ok(
      result.graph.initializers.get('w_quantized')?.constant?.dataType === 'int8',
      'a shared weight stays outside',
    );
    assert.equal(result.graph.initializers.has('w'), false);
    assert.equal(yes.initializers.get('own.weight_quantized')?.constant?.dataType, 'int8');
    const written = lines(no).map((line) => line.replace(/zero_point_\d+/, 'zero_point_N'));
    assert.deepEqual(written, [
      'DequantizeLinear(x_Q, x_scale, zero_point_N) -> x_DQ_2',
      'DequantizeLinear(w_quantized, w_scale) -> w_DQ_1',
      'Conv(x_DQ_2, w_DQ_1) -> q_DQ',
      'QuantizeLinear(q_DQ, q_scale, zero_point_N) -> q_Q',
      'DequantizeLinear(q_Q, q_scale, zero_point_N) -> q',
    ]);
    assert.equal((await optimizedOperators(result)).QLinearConv, 3);
    for (const each of feeds) assert.ok((await sqnrOn(model, result, each)) > 30);
  });

  it('leaves layers of a branch that no sample took in float, and says so', async () => {
    const feeds = [1, 2].map((seed) => ({ c: truth(false), x: noise(image, seed) }));
    const { model: result, changed, skipped } = await quantize(choice().model(), {}, { data: sourceOf(feeds) });
    assert.deepEqual(
      changed.map(({ node }) => node),
      ['shared two'],
    );
    assert.deepEqual(skipped, [
      { node: 'shared one', opType: 'Conv', reason: 'No sample ran it: calibrate with data that does.' },
      { node: 'own', opType: 'Conv', reason: 'No sample ran it: calibrate with data that does.' },
    ]);
    assert.ok(result.graph.initializers.has('w'), 'who stays in float goes on reading it');
  });

  it('hands codes from the graph around to the layers of a body', async () => {
    const builder = build({ inputs: { c: ['bool', []], x: ['float', image] } });
    builder.conv('x', 'h', { channels: 8, inputChannels: 8, pad: 1, name: 'before' });
    const branch = (name: string) =>
      builder
        .body({ name })
        .conv('h', name, { channels: 8, inputChannels: 8, pad: 1, name: `in ${name}` })
        .output(name, 'float', image);
    builder.node('If', ['c'], 'y', { then_branch: branch('one'), else_branch: branch('two') }).output('y');
    const model = builder.model();
    const feeds = [true, false].map((flag, seed) => ({ c: truth(flag), x: noise(image, seed) }));
    const { model: result, changed } = await quantize(model, {}, { data: sourceOf(feeds) });
    assert.equal(changed.length, 3);
    assert.deepEqual(
      [...result.graph.nodes()].filter(({ opType }) => opType === 'DequantizeLinear').map(({ name }) => name),
      ['x_DQ', '', ''],
      'codes of h are not restored where nobody reads them',
    );
    assert.equal((await optimizedOperators(result)).QLinearConv, 3);
    for (const each of feeds) assert.ok((await sqnrOn(model, result, each)) > 30);
  });

  it('leaves bodies in float over which the runtime fails: a float layer between others in 8 bits, say', async () => {
    const builder = build({ inputs: { c: ['bool', []], x: ['float', image] } });
    const options = { channels: 8, inputChannels: 8, pad: 1 };
    const long = builder
      .body()
      .conv('x', 'a', { ...options, name: 'first' })
      .relu('a', 'ra');
    long
      .conv('ra', 'b', { ...options, name: 'middle' })
      .relu('b', 'rb')
      .conv('rb', 'p', { ...options, name: 'last' });
    const short = builder
      .body()
      .conv('x', 'q', { ...options, name: 'alone' })
      .output('q', 'float', image);
    long.output('p', 'float', image);
    builder.node('If', ['c'], 'y', { then_branch: long, else_branch: short }).output('y');
    const model = builder.model();
    const feeds = [true, false].map((flag, seed) => ({ c: truth(flag), x: noise(image, seed) }));
    const { model: result, skipped } = await quantize(
      model,
      { exclude: ['middle'], minSqnr: 0 },
      { data: sourceOf(feeds) },
    );
    assert.equal(skipped.length, 4);
    assert.equal(skipped[0]!.reason, 'Excluded by name.');
    assert.match(skipped[1]!.reason, /^The runtime fails with 8-bit layers in its body: ONNX Runtime/);
    for (const each of feeds) assert.ok((await sqnrOn(model, result, each)) > 30);
  });

  it('keeps values apart that are called the same in two branches', async () => {
    const builder = build({ inputs: { c: ['bool', []], x: ['float', image] } });
    const branch = () =>
      builder
        .body()
        .conv('x', 'same', { channels: 8, inputChannels: 8, pad: 1, name: '' })
        .relu('same', 'out')
        .output('out', 'float', image);
    builder.node('If', ['c'], 'y', { then_branch: branch(), else_branch: branch() }).output('y');
    const model = builder.model();
    const feeds = [true, false].map((flag, seed) => ({ c: truth(flag), x: noise(image, seed) }));
    const { model: result, changed } = await quantize(model, {}, { data: sourceOf(feeds) });
    assert.deepEqual(
      changed.map(({ node }) => node),
      ['Conv → same', 'Conv → same'],
    );
    for (const each of feeds) assert.ok((await sqnrOn(model, result, each)) > 30);
  });

  /** A Loop that carries `s` through a layer of the body and one whose weight is of the graph around. */
  function loop(): ModelBuilder {
    const builder = build({ inputs: { s0: ['float', [4, 32]], n: ['int64', []] } })
      .initializer('yes', 'bool', [], [1])
      .initializer('outer.w', 'float', [32, 32]);
    const body = builder.body({ inputs: { i: ['int64', []], go: ['bool', []], s: ['float', [4, 32]] } });
    body
      .node('Identity', ['go'], 'on')
      .matMul('s', 'a', [32, 32], { name: 'inner' })
      .node('Tanh', ['a'], 't')
      .node('MatMul', ['t', 'outer.w'], 'b', {}, { name: 'captured' })
      .node('Tanh', ['b'], 'next');
    body.output('on').output('next').output('b');
    return builder.node('Loop', ['n', 'yes', 's0'], ['y', 'all'], { body }).output('y').output('all');
  }

  it('quantizes layers of a Loop by what all its iterations gave', async () => {
    const model = loop().model();
    const feeds = [1, 2, 3].map((seed) => ({ s0: noise([4, 32], seed), n: whole(4) }));
    const { model: result, changed } = await quantize(model, {}, { data: sourceOf(feeds) });
    assert.deepEqual(
      changed.map(({ node }) => node),
      ['inner', 'captured'],
    );
    assert.equal((await optimizedOperators(result)).MatMulIntegerToFloat, 2);
    const audit = await auditModel(result, await loadOrt());
    assert.deepEqual(
      audit.layers.filter(({ opType }) => opType === 'MatMul').map(({ node, runsAs }) => `${node}: ${runsAs}`),
      ['inner: int8', 'captured: int8'],
    );
    for (const each of feeds) assert.ok((await sqnrOn(model, result, each)) > 20);
  });

  it('quantizes layers of a Scan', async () => {
    const builder = build({ inputs: { s0: ['float', [32]], x: ['float', [5, 4, 32]] } });
    const body = builder.body({ inputs: { s: ['float', [32]], r: ['float', [4, 32]] } });
    body.node('Add', ['r', 's'], 'sum').gemm('sum', 'g', [32, 32], { name: 'in scan' }).node('Tanh', ['g'], 'each');
    body
      .node('ReduceMean', ['each'], 'next', { axes: [0], keepdims: 0 })
      .output('next')
      .output('each');
    builder.node('Scan', ['s0', 'x'], ['last', 'all'], { body, num_scan_inputs: 1 }).output('last').output('all');
    const model = builder.model();
    const feeds = [1, 2, 3].map((seed) => ({ s0: noise([32], seed), x: noise([5, 4, 32], seed + 9) }));
    const { model: result, changed } = await quantize(model, {}, { data: sourceOf(feeds) });
    assert.deepEqual(
      changed.map(({ node }) => node),
      ['in scan'],
    );
    assert.equal((await optimizedOperators(result)).QGemm, 1);
    for (const each of feeds) assert.ok((await sqnrOn(model, result, each)) > 20);
  });

  it('quantizes layers of an If inside a Loop, in either format', async () => {
    const builder = build({ inputs: { s0: ['float', image], n: ['int64', []] } }).initializer('yes', 'bool', [], [1]);
    builder.initializer('zero', 'int64', [], [0]).initializer('two', 'int64', [], [2]);
    const body = builder.body({ inputs: { i: ['int64', []], go: ['bool', []], s: ['float', image] } });
    body.node('Identity', ['go'], 'on').node('Mod', ['i', 'two'], 'odd').node('Equal', ['odd', 'zero'], 'even');
    const branch = (name: string) =>
      body
        .body({ name })
        .conv('s', `wide_${name}`, { channels: 128, inputChannels: 8, pad: 1, name: `wide ${name}` })
        .conv(`wide_${name}`, name, { channels: 8, inputChannels: 128, pad: 1, name: `in ${name}` })
        .output(name, 'float', image);
    body.node('If', ['even'], 'taken', { then_branch: branch('one'), else_branch: branch('two_') });
    body.node('Tanh', ['taken'], 'next').output('on').output('next');
    builder.node('Loop', ['n', 'yes', 's0'], 'y', { body }).output('y');
    const model = builder.model();
    const feeds = [1, 2].map((seed) => ({ s0: noise(image, seed), n: whole(3) }));
    for (const format of ['qdq', 'qoperator'] as const) {
      const { model: result, changed } = await quantize(model, { format }, { data: sourceOf(feeds) });
      assert.deepEqual(
        changed.map(({ node }) => node),
        ['wide one', 'in one', 'wide two_', 'in two_'],
      );
      assert.equal((await optimizedOperators(result)).QLinearConv, 4);
      for (const each of feeds) assert.ok((await sqnrOn(model, result, each)) > 20);
    }
  });

  it('says what fails in float as well, rather than blame layers in 8 bits for it', async () => {
    const builder = build({ inputs: { x: ['float', ['n', 8]], go: ['bool', []] } }).initializer(
      'rows',
      'int64',
      [2],
      [3, 8],
    );
    const branch = (name: string) =>
      builder.body({ name }).node('Reshape', ['x', 'rows'], `r_${name}`).gemm(`r_${name}`, name, [8, 4]).output(name);
    builder.node('If', ['go'], 'y', { then_branch: branch('yes'), else_branch: branch('no') }).output('y');
    const feeds = { x: noise([2, 8], 1), go: { dataType: 'bool', shape: [], data: Uint8Array.of(1) } } as const;
    await assert.rejects(quantize(builder.model(), {}, { data: sourceOf([feeds]) }), {
      code: 'runtime-failed',
      message: /Reshape/,
    });
  });
});
