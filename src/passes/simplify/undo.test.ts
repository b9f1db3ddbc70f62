import assert from 'node:assert/strict';
import { passContext } from '../../../test/support/runPass';
import { assertSameOutputs, graphOf, simplify, textOf, untouched } from '../../../test/support/simplify';
import { Attribute } from '../../graph/attribute';
import { parseOptions } from '../../pass/option';
import { type PassResult } from '../../pass/result';
import { loadOrt } from '../../runtime/ort';
import { applyRewrites } from './apply';
import { declaration } from './declaration';
import { bypass, canBypass, type Rewrite } from './editor';

/** Takes out every node of a type, whether that is right or not. */
const drop = (opType: string): Rewrite => ({
  id: `drop-${opType}`,
  apply(editor) {
    for (const node of editor.nodes()) {
      if (!node.is(opType) || !canBypass(node, node.input(0))) continue;
      editor.attempt(`drop-${opType}`, node, `dropped ${opType}`, () => bypass(node, node.input(0)!));
    }
  },
});

/** Makes every LeakyRelu a little wrong. */
const nudge: Rewrite = {
  id: 'nudge',
  apply(editor) {
    for (const node of editor.nodes()) {
      if (!node.is('LeakyRelu') || node.float('alpha', 0.01) !== 0.25) continue;
      editor.attempt('nudge', node, 'nudged', () => node.setAttribute(Attribute.float('alpha', 0.2501)));
    }
  },
};

async function run(text: string, rewrites: readonly Rewrite[], minSqnr = 100): Promise<PassResult> {
  const model = graphOf(text);
  const options = parseOptions(declaration.options, { minSqnr });
  const result = await applyRewrites(model, rewrites, options, passContext({ runtime: await loadOrt() }));
  if (minSqnr === 100) await assertSameOutputs(model, result.model);
  return result;
}

const chain = `g (float[64] x) => (float[64] y) {
  [i1] a = Identity (x) [bad1] b = Neg (a) [i2] c = Identity (b) [r] d = Relu (c) [i3] e = Identity (d)
  [bad2] f = Neg (e) [i4] h = Identity (f) [end] y = Sin (h)
}`;

describe('passes/simplify, the check', () => {
  it('finds each wrong edit among the right ones, leaves it out, and says so', async () => {
    const { model, changed, skipped } = await run(chain, [drop('Identity'), drop('Neg')]);
    assert.deepEqual(
      changed.map(({ node }) => node),
      ['i1', 'i2', 'i3', 'i4'],
    );
    assert.deepEqual(skipped.map(({ node }) => node).sort(), ['bad1', 'bad2']);
    for (const { reason } of skipped) assert.match(reason, /^Not exact, so undone: dropped Neg \(output "y" agrees to/);
    assert.deepEqual(
      [...model.graph.nodes()].map(({ opType }) => opType),
      ['Neg', 'Relu', 'Neg', 'Sin'],
    );
  });

  it('takes what is inexact by as little as asked for', async () => {
    const graph = 'g (float[64] x) => (float[64] y) { [leaky] y = LeakyRelu <alpha = 0.25> (x) }';
    const strict = await run(graph, [nudge]);
    assert.deepEqual([strict.changed, strict.skipped.length], [[], 1]);
    assert.match(strict.skipped[0]!.reason, /agrees to \d\d dB/);
    assert.equal((await run(graph, [nudge], 60)).changed.length, 1);
  });

  it('asks no more of a rewrite than the model holds itself to, and says so', async () => {
    // 10^4 times the last bit of x is a large part of what the sine sees.
    const graph = `g (float[64] x) => (float[64] y) <float s = {10000}, float t = {0.9999999}> {
      [a] m = Mul (x, s) [b] n = LeakyRelu <alpha = 0.25> (m) [c] p = Mul (n, t) [d] y = Sin (p) }`;
    const almostOne = parseOptions(declaration.options, {});
    const context = passContext({ runtime: await loadOrt() });
    const dropsScale: Rewrite = {
      id: 'almost-one',
      apply(editor) {
        for (const node of editor.nodes()) {
          if (node.name === 'c') editor.attempt('almost-one', node, 'dropped', () => bypass(node, node.input(0)!));
        }
      },
    };
    const { changed, notes } = await applyRewrites(graphOf(graph), [dropsScale], almostOne, context);
    assert.equal(changed.length, 1);
    assert.match(notes.join(), /agree to \d\d dB: moving the inputs by their last bit/);
  });

  it('notices a missing output, another shape, and a model that no longer runs', async () => {
    const reshape = 'g (float[4, 1] x) => (float[M] y) <int64[1] a = {1}> { [s] z = Squeeze (x, a) [e] y = Exp (z) }';
    const { skipped } = await run(reshape, [drop('Squeeze')]);
    assert.match(skipped[0]!.reason, /another type or shape/);
    const typed = 'g (float[4] x) => (bool[4] y) { [c] z = Cast <to = 9> (x) [n] y = Not (z) }';
    assert.match((await run(typed, [drop('Cast')])).skipped[0]!.reason, /ONNX Runtime/);
  });

  it('gives a model up in which everything is wrong', async () => {
    const terms = Array.from({ length: 30 }, (_, i) => `n${i} = Neg (x) e${i} = Exp (n${i})`).join(' ');
    const all = Array.from({ length: 30 }, (_, i) => `e${i}`).join();
    const sums = `g (float[4] x) => (float[4] y) { ${terms} y = Sum (${all}) }`;
    await assert.rejects(run(sums, [drop('Neg')]), { code: 'unsupported', message: /Simplifying changed the outputs/ });
  });

  it('stops when it is told to', async () => {
    const options = parseOptions(declaration.options, {});
    const context = passContext({ signal: AbortSignal.abort() });
    await assert.rejects(applyRewrites(graphOf(chain), [drop('Neg')], options, context), { code: 'cancelled' });
  });
});

describe('passes/simplify, the model as a whole', () => {
  it('is raised to a newer opset on request, and compared', async () => {
    const graph = 'g (float[N, 4, 1] x) => (float[N, 4] y) { a = Squeeze <axes = [2]> (x) y = Softmax <axis = 1> (a) }';
    const { model, changed } = await simplify(graphOf(graph, { opset: 11 }), {
      options: { opset: 17 },
      dims: { N: 2 },
    });
    assert.equal(model.opset, 17);
    assert.match(changed[0]!.what, /^the whole model: opset 11 → 17$/);
    assert.match(textOf(model), /Squeeze \(x, /);
  });

  it('weights are no inputs any more where the format made them be (IR version 3)', async () => {
    const graph =
      'g (float[2] x, float[2] w) => (float[2] y) <float[2] w = {1, 2}> { a = Identity (x) y = Add (a, w) }';
    const { model, notes } = await simplify(graphOf(graph, { opset: 8, irVersion: 3 }));
    assert.deepEqual([model.irVersion, model.graph.inputs.map(({ name }) => name)], [4, ['x']]);
    assert.ok(notes.some((note) => note.startsWith('A weight was listed as an input')));
  });

  it('is not compared where it draws random numbers', async () => {
    const graph = 'g (float[4] x) => (float[4] y) { a = Identity (x) r = RandomNormalLike (a) y = Add (a, r) }';
    const { notes } = await simplify(graphOf(graph), { runs: false });
    assert.ok(
      notes.some((note) => /not compared: node ".*" draws random numbers\.$/.test(note)),
      notes.join(),
    );
  });

  it('is left as it was when there is nothing to do', async () => {
    const { notes } = await untouched('g (float[N] x) => (float[N] y) { y = Relu (x) }');
    assert.deepEqual(notes, ['Nothing in it can be simplified.']);
  });
});
