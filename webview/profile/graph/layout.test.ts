import assert from 'node:assert/strict';
import { layerReport } from '../../../test/support/layerReport';
import { type LayerReport } from '../../../src/protocol/report';
import { layOut } from './layout';
import { firstOpen, placeOf, visibleGraph } from './visible';

const layer = (index: number, scope: string, inputs: string[], outputs: string[]): LayerReport =>
  layerReport({ index, name: `/${scope}/${outputs[0]}`, scope, inputs, outputs, macs: 10 });

const source = {
  inputs: [{ name: 'x', type: 'float', shape: [1] }],
  outputs: [{ name: 'd', type: 'float', shape: [1] }],
  layers: [
    layer(0, 'stem', ['x'], ['a']),
    layer(1, 'block/0', ['a'], ['b']),
    layer(2, 'block/0', ['b'], ['c']),
    layer(3, 'block/1', ['c', 'a'], ['d']),
  ],
};

describe('webview/profile/graph', () => {
  it('puts a closed scope in place of its layers, and joins their arrows', () => {
    const { nodes, edges } = visibleGraph(source, 'macs', new Set());
    assert.deepEqual(
      nodes.map(({ label, value }) => [label, value]),
      [
        ['x', 0],
        ['a', 10],
        ['block', 30],
        ['d', 0],
      ],
    );
    assert.deepEqual(edges, [
      [0, 1],
      [1, 2],
      [2, 3],
    ]);
  });

  it('opens scopes level by level as far as there is room', () => {
    assert.deepEqual([...firstOpen(source.layers, 3)], ['stem', 'block']);
    assert.equal(visibleGraph(source, 'macs', firstOpen(source.layers, 100)).nodes.length, 6);
  });

  it('finds the box of a layer, of a layer in a body, and of a constant', () => {
    assert.deepEqual(placeOf(source.layers, '/block/0/c'), { id: '#2', scopes: ['block', 'block/0'] });
    const inner = { ...layer(9, 'block/1', ['c'], ['e']), parent: 3 };
    const constant = { ...layer(8, '', [], ['k']), opType: 'Constant' };
    const reader = layer(7, 'head', ['d', 'k'], ['f']);
    const layers = [...source.layers, inner, constant, reader];
    assert.equal(placeOf(layers, inner.name)?.id, '#3');
    assert.equal(placeOf(layers, constant.name)?.id, '#7');
    assert.equal(placeOf(layers, 'none'), undefined);
    const open = new Set(placeOf(layers, '/block/0/c')?.scopes);
    const { nodes } = visibleGraph({ ...source, layers }, 'macs', open);
    assert.ok(
      nodes.some(({ id }) => id === '#2'),
      'drawn once its scopes are open',
    );
  });

  it('lays boxes out below what they read, without overlaps', () => {
    const count = 300;
    const edges: [number, number][] = [];
    for (let to = 1; to < count; to++) {
      edges.push([to - 1 - (to % 3 === 0 ? 1 : 0), to]);
      if (to % 7 === 0) edges.push([to - 6, to]);
    }
    const widths = Array.from({ length: count }, (_, box) => 60 + (box % 5) * 20);
    const { x, y, paths } = layOut({ widths, edges: edges.filter(([from]) => from >= 0) });
    for (const [from, to] of edges) assert.ok(y[from]! < y[to]!, `${from} above ${to}`);
    for (let a = 0; a < count; a++) {
      for (let b = a + 1; b < count; b++) {
        if (y[a] !== y[b]) continue;
        assert.ok(Math.abs(x[a]! - x[b]!) >= (widths[a]! + widths[b]!) / 2, `${a} beside ${b}`);
      }
    }
    assert.equal(paths.length, edges.length);
  });

  it('takes arrows that lead back, and ten thousand boxes', () => {
    const back = layOut({
      widths: [50, 50, 50],
      edges: [
        [0, 1],
        [1, 2],
        [2, 0],
      ],
    });
    assert.equal(back.paths.length, 3);
    const edges = Array.from({ length: 9999 }, (_, index): [number, number] => [index, index + 1]);
    const { height } = layOut({ widths: new Array<number>(10_000).fill(80), edges });
    assert.ok(height > 0);
  });
});
