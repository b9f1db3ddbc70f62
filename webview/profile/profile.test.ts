import assert from 'node:assert/strict';
import { layerReport } from '../../test/support/layerReport';
import { type LayerReport } from '../../src/protocol/report';
import { costOf, familyOf } from './costs';
import { type CostNode, costTree, isInScope, pathTo } from './costTree';
import { icicle, neighbour } from './icicle';

function layer(
  index: number,
  scope: string,
  macs: number | string | null,
  changes: Partial<LayerReport> = {},
): LayerReport {
  return layerReport({ index, name: `/${scope}/MatMul_${index}`, opType: 'MatMul', scope, macs, ...changes });
}

const layers = [
  layer(0, 'stem', 10),
  layer(1, 'blocks/0/attn/qkv', 30),
  layer(2, 'blocks/0/attn/qkv', 0),
  layer(3, 'blocks/0/mlp', 20),
  layer(4, 'blocks/0/mlp', 20),
  layer(5, 'blocks/1', 15),
  layer(6, '', 5),
  layer(7, 'blocks/1', 99, { counted: false }),
  layer(8, 'blocks/1', 'N*7'),
];
const tree = costTree(layers, 'macs');

/** A tree as text: "name value(children)". */
function shown(node: CostNode): string {
  const children = node.children.map(shown).join(' ');
  return `${node.name || '·'} ${node.value}${children === '' ? '' : ` (${children})`}`;
}

describe('webview/profile: costs by scope', () => {
  it('adds up, keeps the order of execution, and joins scopes with one child', () => {
    assert.equal(
      shown(tree),
      '· 100 (stem 10 blocks 85 (0 70 (attn/qkv 30 mlp 40 (MatMul_3 20 MatMul_4 20)) 1 15) //MatMul_6 5)',
    );
    assert.equal(tree.count, 6);
  });

  it('counts neither the unknown nor the branch that is not taken', () => {
    assert.equal(costOf(layer(0, '', 9, { counted: false }), 'macs'), 0);
    assert.equal(costOf(layer(0, '', 'N'), 'macs'), 0);
    assert.equal(costOf(layer(0, '', null), 'macs'), 0);
  });

  it('finds the way to a node', () => {
    assert.deepEqual(
      pathTo(tree, 'blocks/0/mlp').map(({ id }) => id),
      ['', 'blocks', 'blocks/0', 'blocks/0/mlp'],
    );
    assert.deepEqual(pathTo(tree, 'gone'), [tree]);
    assert.ok(
      isInScope(layer(0, 'a/b', 1), 'a') && isInScope(layer(0, 'a', 1), 'a') && isInScope(layer(0, 'a', 1), ''),
    );
    assert.ok(!isInScope(layer(0, 'ab', 1), 'a'));
  });

  it('knows the families of operators', () => {
    const names = [
      'Conv',
      'QLinearConv',
      'ConvTranspose',
      'MatMulInteger',
      'Gemm',
      'LSTM',
      'LayerNormalization',
      'Relu',
    ];
    assert.deepEqual(names.map(familyOf), [
      'convolution',
      'convolution',
      'convolution',
      'matrix',
      'matrix',
      'recurrent',
      'normalization',
      'other',
    ]);
  });
});

describe('webview/profile: icicle', () => {
  const blocks = icicle(tree, 0.001, 10);

  it('fills each row exactly with what it costs', () => {
    const first = blocks.filter(({ row }) => row === 1);
    assert.deepEqual(
      first.map(({ left, width }) => [left, width].map((share) => Math.round(share * 100))),
      [
        [0, 10],
        [10, 85],
        [95, 5],
      ],
    );
    for (const block of blocks) {
      const parent = blocks[block.parent];
      if (parent)
        assert.ok(block.left >= parent.left - 1e-9 && block.left + block.width <= parent.left + parent.width + 1e-9);
    }
  });

  it('puts together what is too narrow, and draws only so many rows', () => {
    const many = costTree(
      Array.from({ length: 50_000 }, (_, i) => layer(i, `s/${i % 100}`, 1)),
      'macs',
    );
    const coarse = icicle(many, 0.002, 10);
    assert.ok(coarse.length < 1000, String(coarse.length));
    assert.equal(
      coarse.filter(({ rest }) => rest).reduce((sum, { rest }) => sum + (rest?.count ?? 0), 0),
      50_000,
    );
    assert.equal(Math.max(...icicle(tree, 0.001, 2).map(({ row }) => row)), 1);
  });

  it('draws nothing below a model that costs nothing', () => {
    assert.equal(icicle(costTree([], 'macs'), 0.01, 10).length, 1);
  });

  it('walks with the arrow keys', () => {
    const walk = (from: number, ...keys: string[]): string | undefined =>
      blocks[keys.reduce((at, key) => neighbour(blocks, at, key) ?? at, from)]?.id;
    assert.equal(walk(0, 'ArrowDown'), '#0');
    assert.equal(walk(0, 'ArrowDown', 'ArrowRight'), 'blocks');
    assert.equal(walk(0, 'ArrowDown', 'ArrowRight', 'ArrowDown', 'ArrowDown'), '#1');
    assert.equal(walk(0, 'ArrowDown', 'ArrowRight', 'ArrowDown', 'ArrowUp'), 'blocks');
    assert.equal(walk(0, 'ArrowUp'), '');
    assert.equal(walk(0, 'ArrowDown', 'ArrowLeft'), '#0');
    assert.equal(neighbour(blocks, 999, 'ArrowUp'), undefined);
  });
});
