import assert from 'node:assert/strict';
import { build, type ModelBuilder } from '../../test/support/models';
import { row, sourceOf, truth, whole } from '../../test/support/feeds';
import { passContext } from '../../test/support/runPass';
import { Attribute } from '../graph/attribute';
import { type Model } from '../graph/model';
import { encodeModel } from '../graph/toOnnx';
import { loadOrt } from '../runtime/ort';
import { type Feeds, type RuntimeTensor } from '../runtime/port';
import { bodyValuesOf } from './bodyValues';
import { observeValues } from './observe';

/** Runs the model on the feeds; each value that came as `name @ sample: shape: numbers`. */
async function observed(model: Model, names: readonly string[], feeds: readonly Feeds[]): Promise<string[]> {
  const before = encodeModel(model);
  const samples = sourceOf(feeds);
  const seen: string[] = [];
  const see = (name: string, { shape, data }: RuntimeTensor, sample: number): void =>
    void seen.push(`${name} @ ${sample}: [${shape.join()}]: ${Array.from(data as Float32Array).join(' ')}`);
  await observeValues(model, names, see, { runtime: await loadOrt(), samples, signal: passContext().signal });
  assert.deepEqual(encodeModel(model), before, 'the model was modified');
  return seen;
}

/** A Loop over `i` that carries `s`: its body is filled by `fill`, which makes `next` of it. */
function loop(fill: (body: ModelBuilder) => ModelBuilder, shape: readonly (number | null)[] = [2]): ModelBuilder {
  const builder = build({ inputs: { x: ['float', [...shape]], n: ['int64', []] } });
  builder.initializer('yes', 'bool', [], [1]);
  const body = builder.body({ inputs: { i: ['int64', []], go: ['bool', []], s: ['float', [...shape]] } });
  fill(body.node('Identity', ['go'], 'on'))
    .output('on')
    .output('next');
  return builder.node('Loop', ['n', 'yes', 'x'], 'y', { body }).output('y');
}

/** A Scan over rows of `x` that carries `s`. */
function scan(fill: (body: ModelBuilder) => ModelBuilder): ModelBuilder {
  const builder = build({ inputs: { s0: ['float', [2]], x: ['float', [3, 2]] } });
  const body = builder.body({ inputs: { s: ['float', [2]], r: ['float', [2]] } });
  fill(body).output('next').output('each');
  return builder.node('Scan', ['s0', 'x'], ['last', 'all'], { body, num_scan_inputs: 1 }).output('last').output('all');
}

describe('pass/bodyValues', () => {
  it('hands over values of the branch of an If that was run, and none of the other', async () => {
    const builder = build({ inputs: { c: ['bool', []], x: ['float', [2]] } });
    const yes = builder.body().node('Neg', ['x'], 'a').node('Abs', ['a'], 'p').output('p', 'float', [2]);
    const no = builder.body().node('Exp', ['x'], 'b').node('Abs', ['b'], 'q').output('q', 'float', [2]);
    builder.node('If', ['c'], 'y', { then_branch: yes, else_branch: no }).output('y');
    const feeds = [
      { c: truth(true), x: row(1, 2) },
      { c: truth(false), x: row(0, 0) },
    ];
    assert.deepEqual(await observed(builder.model(), ['a', 'b', 'q', 'x'], feeds), [
      'a @ 0: [2]: -1 -2',
      'x @ 0: [2]: 1 2',
      'b @ 1: [2]: 1 1',
      'q @ 1: [2]: 1 1',
      'x @ 1: [2]: 0 0',
    ]);
  });

  it('stacks what a Loop computes in each iteration; nothing comes of a Loop that does not run', async () => {
    const model = loop((body) => body.node('Neg', ['s'], 'a').node('Add', ['a', 'a'], 'next')).model();
    assert.deepEqual(
      await observed(
        model,
        ['a', 's', 'next'],
        [
          { x: row(1, 2), n: whole(3) },
          { x: row(1, 2), n: whole(0) },
        ],
      ),
      ['a @ 0: [3,2]: -1 -2 2 4 -4 -8', 's @ 0: [3,2]: 1 2 -2 -4 4 8', 'next @ 0: [3,2]: -2 -4 4 8 -8 -16'],
    );
  });

  it('strings together what grows from one iteration of a Loop to the next', async () => {
    const model = loop((body) => body.node('Neg', ['s'], 'a').node('Concat', ['s', 'a'], 'next', { axis: 0 }), [null]);
    assert.deepEqual(await observed(model.model(), ['a'], [{ x: row(1), n: whole(3) }]), [
      'a @ 0: [7]: -1 -1 1 -1 1 1 -1',
    ]);
  });

  it('keeps what a Loop stacks itself apart from what it strings together', async () => {
    const builder = build({ inputs: { x: ['float', [null]], n: ['int64', []] } }).initializer('yes', 'bool', [], [1]);
    const body = builder.body({ inputs: { i: ['int64', []], go: ['bool', []], s: ['float', [null]] } });
    body.node('Identity', ['go'], 'on').node('Neg', ['s'], 'a').node('Concat', ['s', 'a'], 'next', { axis: 0 });
    body.node('ReduceSum', ['next'], 'sum', { keepdims: 0 });
    body.output('on').output('next').output('sum');
    builder.node('Loop', ['n', 'yes', 'x'], ['', 'sums'], { body }).output('sums');
    assert.deepEqual(await observed(builder.model(), ['a', 'sums'], [{ x: row(1), n: whole(2) }]), [
      'a @ 0: [3]: -1 -1 1',
      'sums @ 0: [2]: 0 0',
    ]);
  });

  it('stacks what a Scan computes, beside axes and directions of its own', async () => {
    const builder = scan((body) => body.node('Add', ['s', 'r'], 'next').node('Neg', ['next'], 'each'));
    const model = builder.model();
    const node = [...model.graph.nodes()][0]!;
    for (const name of ['scan_output_axes', 'scan_output_directions']) {
      node.setAttribute(Attribute.ints(name, [name.endsWith('axes') ? 0 : 1]));
    }
    const x: RuntimeTensor = { dataType: 'float', shape: [3, 2], data: Float32Array.of(1, 2, 3, 4, 5, 6) };
    assert.deepEqual(await observed(model, ['next', 'all'], [{ s0: row(0, 0), x }]), [
      'next @ 0: [3,2]: 1 2 4 6 9 12',
      'all @ 0: [3,2]: -9 -12 -4 -6 -1 -2',
    ]);
  });

  /** The branch: −s where the first number of s is positive, else exp(s). */
  const branches = (body: ModelBuilder): ModelBuilder => {
    const yes = body.body().node('Neg', ['s'], 'down').output('down', 'float', [2]);
    const no = body.body().node('Exp', ['s'], 'up').output('up', 'float', [2]);
    return body
      .initializer('first', 'int64', [], [0])
      .initializer('zero', 'float', [], [0])
      .node('Gather', ['s', 'first'], 'head')
      .node('Greater', ['head', 'zero'], 'positive')
      .node('If', ['positive'], 'taken', { then_branch: yes, else_branch: no });
  };

  it('finds values of an If inside a Loop', async () => {
    const model = loop((body) => branches(body).node('Identity', ['taken'], 'next')).model();
    assert.deepEqual(await observed(model, ['down', 'up', 'taken'], [{ x: row(1, 0), n: whole(3) }]), [
      `down @ 0: [4]: -1 0 ${Math.fround(-Math.exp(-1))} -1`,
      `up @ 0: [2]: ${Math.fround(Math.exp(-1))} 1`,
      `taken @ 0: [3,2]: -1 0 ${Math.fround(Math.exp(-1))} 1 ${Math.fround(-Math.exp(-1))} -1`,
    ]);
  });

  it('finds values of an If inside a Scan, where each iteration must give the same shape', async () => {
    const fill = (body: ModelBuilder) =>
      branches(body).node('Identity', ['taken'], 'next').node('Add', ['r', 's'], 'each');
    const x: RuntimeTensor = { dataType: 'float', shape: [3, 2], data: new Float32Array(6) };
    assert.deepEqual(await observed(scan(fill).model(), ['down', 'up'], [{ s0: row(1, 0), x }]), [
      `down @ 0: [4]: -1 0 ${Math.fround(-Math.exp(-1))} -1`,
      `up @ 0: [2]: ${Math.fround(Math.exp(-1))} 1`,
    ]);
  });

  it('finds values of a Loop inside an If, and of a Loop inside a Loop', async () => {
    const inner = (around: ModelBuilder, prefix: string): ModelBuilder => {
      const inputs = {
        [`${prefix}i`]: ['int64', []],
        [`${prefix}go`]: ['bool', []],
        [`${prefix}s`]: ['float', [2]],
      } as const;
      return around
        .body({ inputs })
        .node('Identity', [`${prefix}go`], `${prefix}on`)
        .node('Neg', [`${prefix}s`], `${prefix}neg`)
        .output(`${prefix}on`)
        .output(`${prefix}neg`);
    };
    const builder = build({ inputs: { c: ['bool', []], x: ['float', [2]], n: ['int64', []] } });
    builder.initializer('yes', 'bool', [], [1]);
    const then = builder.body();
    then.node('Loop', ['n', 'yes', 'x'], 't', { body: inner(then, 't_') }).output('t', 'float', [2]);
    const other = builder.body().node('Exp', ['x'], 'e').output('e', 'float', [2]);
    builder.node('If', ['c'], 'y', { then_branch: then, else_branch: other }).output('y');
    assert.deepEqual(
      await observed(
        builder.model(),
        ['t_neg', 'e'],
        [
          { c: truth(true), x: row(1, 2), n: whole(2) },
          { c: truth(false), x: row(0, 0), n: whole(2) },
        ],
      ),
      ['t_neg @ 0: [2,2]: -1 -2 1 2', 'e @ 1: [2]: 1 1'],
    );
    const nested = loop((body) => body.node('Loop', ['n', 'yes', 's'], 'next', { body: inner(body, 'in_') }));
    assert.deepEqual(await observed(nested.model(), ['in_neg'], [{ x: row(1, 2), n: whole(2) }]), [
      'in_neg @ 0: [8]: -1 -2 1 2 -1 -2 1 2',
    ]);
  });

  it('does not take values whose name occurs in two bodies, or that are in bodies of other operators', async () => {
    const builder = build({ inputs: { c: ['bool', []], x: ['float', [2]] } });
    const branch = (opType: string) => builder.body().node(opType, ['x'], 'same').output('same', 'float', [2]);
    builder.node('If', ['c'], 'y', { then_branch: branch('Neg'), else_branch: branch('Exp') }).output('y');
    const model = builder.model();
    assert.deepEqual([...bodyValuesOf(model).keys()], []);
    await assert.rejects(observed(model, ['same'], [{ c: truth(true), x: row(1, 1) }]), { code: 'internal' });
  });
});
