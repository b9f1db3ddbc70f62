// Layers that came without a bias: what weights alone cannot make up for is put into a new one, where it is worth it.
import assert from 'node:assert/strict';
import { type DataSource } from '../../data/source';
import { type Model } from '../../graph/model';
import { loadOrt } from '../../runtime/ort';
import { sourceOf } from '../../../test/support/feeds';
import { build, type ModelBuilder } from '../../../test/support/models';
import { normals, seeded } from '../../../test/support/random';
import { lines, runPass } from '../../../test/support/runPass';
import { tensorOf } from '../../../test/support/tensors';
import { apply } from './apply';
import { declaration } from './declaration';

const [inputs, hidden, outputs] = [8, 24, 6];

/** A random matrix of which the hidden side may be cut: to rows or to columns `kept`. */
function cut(name: string, rows: readonly number[], columns: readonly number[], width: number, seed: number) {
  const values = normals(seeded(seed), width * hidden, 0.3);
  const picked = rows.flatMap((row) => columns.map((column) => values[row * width + column]!));
  return tensorOf(name, 'float', [rows.length, columns.length], picked);
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** x → MatMul → activation → the layer under test; the damaged one has a sixth of the hidden channels. */
function network(
  activation: string,
  read: (builder: ModelBuilder) => ModelBuilder,
): (kept?: readonly number[]) => Model {
  return (kept = upTo(hidden)) =>
    read(
      build({ inputs: { x: ['float', [4, inputs]] } })
        .constant(cut('first', upTo(inputs), kept, hidden, 1))
        .constant(cut('second', kept, upTo(outputs), outputs, 2))
        .node('MatMul', ['x', 'first'], 'a', {}, { name: 'make' })
        .node(activation, ['a'], 'h'),
    )
      .output('y')
      .model();
}

function rows(): DataSource {
  const random = seeded(3);
  return sourceOf(
    Array.from({ length: 32 }, () => ({
      x: { dataType: 'float' as const, shape: [4, inputs], data: normals(random, 4 * inputs) },
    })),
  );
}

async function lastNodes(make: (kept?: readonly number[]) => Model): Promise<string[]> {
  const kept = upTo(hidden / 6);
  const context = { runtime: await loadOrt(), data: rows(), original: make() };
  const { model, changed } = await runPass({ declaration, apply }, make(kept), { context });
  assert.deepEqual(
    changed.map(({ node }) => node),
    ['read'],
  );
  return lines(model.graph).slice(2);
}

describe('passes/recover: layers without a bias', () => {
  const matMul = (builder: ModelBuilder): ModelBuilder =>
    builder.node('MatMul', ['h', 'second'], 'y', {}, { name: 'read' });

  it('puts an addition behind a MatMul that lost inputs with a mean', async () => {
    assert.deepEqual(await lastNodes(network('Relu', matMul)), [
      'MatMul(h, second) -> y_product',
      'Add(y_product, second_bias) -> y',
    ]);
  });

  it('adds no node where the mean of what was lost is nothing', async () => {
    assert.deepEqual(await lastNodes(network('Tanh', matMul)), ['MatMul(h, second) -> y']);
  });

  it('gives a Gemm its third input', async () => {
    const gemm = (builder: ModelBuilder): ModelBuilder =>
      builder.node('Gemm', ['h', 'second'], 'y', {}, { name: 'read' });
    assert.deepEqual(await lastNodes(network('Relu', gemm)), ['Gemm(h, second, second_bias) -> y']);
  });
});
