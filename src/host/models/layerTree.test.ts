import assert from 'node:assert/strict';
import { layerReport } from '../../../test/support/layerReport';
import { type InspectReport, type LayerReport } from '../../protocol/report';
import { inEnglish } from '../text/say';
import { costText, shareOf, shareText, sumCosts } from './costs';
import { layerDetails, modelSummary, shapeText } from './details';
import { layerTree, type LayerTreeNode } from './layerTree';

function layer(name: string, scope: string, macs: number | string | null, parameters = 10): LayerReport {
  return layerReport({
    ...{ index: 3, name, scope, outputs: ['y'], outputShapes: [[1, 'H', null]], outputTypes: ['float32'] },
    ...{ parameters, weightBytes: parameters * 4, macs, activationBytes: 100, kind: 'Conv 3x3' },
    weights: [{ name: 'w', type: 'float32', shape: [64, 3] }],
  });
}

function report(layers: readonly LayerReport[], macs: number | string | null = 100): InspectReport {
  return {
    model: {
      path: '/m.onnx',
      fileBytes: 4_950_000,
      parameters: 1_240_000,
      weightBytes: 0,
      macs,
      flops: null,
      peakActivationBytes: null,
      nodes: layers.length,
      layerCount: layers.length,
      weightTypes: {},
      irVersion: 8,
      opsets: { '': 17 },
      producer: '',
      externalFiles: [],
    },
    symbols: [],
    inputs: [],
    outputs: [],
    layers,
    warnings: [],
  };
}

/** "scope{child child}" for each node. */
const outline = (nodes: readonly LayerTreeNode[]): string =>
  nodes.map((node) => (node.kind === 'scope' ? `${node.label}{${outline(node.children)}}` : node.label)).join(' ');

describe('host/models/layerTree', () => {
  const layers = [
    layer('/stem/Conv', 'stem', 5),
    layer('/net/body/block.0/Conv', 'net/body/block.0', 20),
    layer('/net/body/block.0/Relu', 'net/body/block.0', 1, 0),
    { ...layer('/net/body/c', 'net/body', 0), opType: 'Constant' },
    layer('/net/body/block.1/Conv', 'net/body/block.1', 60),
    layer('head', '', 14),
  ];

  it('groups by scope and lets scopes around a single thing go', () => {
    assert.equal(
      outline(layerTree(report(layers), 'graph')),
      'stem/Conv net/body{block.0{Conv Relu} block.1/Conv} head',
    );
  });

  it('takes the last part of a name whose scope is written in another way', () => {
    const odd = [layer('/a/first/first.0/Conv', 'a/first/0', 1), layer('/a/first/first.1/Relu', 'a/first/1', 1)];
    assert.equal(outline(layerTree(report(odd), 'graph')), '0/Conv 1/Relu');
  });

  it('counts a branch that does not run for what it stores only', () => {
    const idle = { ...layer('x', '', 50, 7), counted: false };
    const costs = sumCosts([layer('y', '', 30, 5), idle]);
    assert.deepEqual([costs.macs.known, costs.parameters.known, costs.activationBytes.known], [30, 12, 100]);
  });

  it('does not show a scope that holds everything', () => {
    const all = [layer('net/a', 'net', 1), layer('net/b', 'net', 1)];
    assert.equal(outline(layerTree(report(all), 'graph')), 'a b');
  });

  it('sorts by cost, scopes by their sum', () => {
    assert.equal(
      outline(layerTree(report(layers), 'macs')),
      'net/body{block.1/Conv block.0{Conv Relu}} head stem/Conv',
    );
  });

  it('sums up costs and says when a part is not known', () => {
    const layers = [layer('a/x', 'a', 30), layer('a/y', 'a', '2*N'), layer('b', '', 1)];
    const [scope] = layerTree(report(layers), 'graph');
    assert.ok(scope?.kind === 'scope');
    assert.deepEqual(scope.costs.macs, { known: 30, complete: false });
    assert.equal(costText(scope.costs.macs, 'macs'), '≥ 30 MACs');
    assert.equal(costText(scope.costs.parameters, 'parameters'), '20 params');
    assert.equal(shareOf(scope.costs.macs, scope.costs.macs), undefined);
  });

  it('gives shares as whole per cent', () => {
    assert.deepEqual([undefined, 0, 0.001, 0.124, 0.998, 1].map(shareText), ['', '', '<1 %', '12 %', '>99 %', '100 %']);
  });

  it('holds a hundred thousand layers in one scope', () => {
    const many = Array.from({ length: 100_000 }, (_, index) => layer(`s/${index}`, 's', index));
    const [scope] = layerTree(report([...many, layer('last', '', 1)]), 'macs');
    assert.ok(scope?.kind === 'scope');
    assert.equal(scope.layers, 100_000);
    assert.equal(scope.children[0]?.label, '99999');
  });
});

describe('host/models/details', () => {
  it('tells of a layer what there is to tell', () => {
    const one = layer('a', '', 25, 2500);
    const totals = sumCosts([one, layer('b', '', 75, 7500)]);
    const rows = layerDetails(one, sumCosts([one]), totals, inEnglish).map(({ label, value }) => `${label}: ${value}`);
    assert.deepEqual(rows, [
      'Kind: Conv 3x3',
      'Output: 1×H×? float32',
      'MACs: 25 · 25 %',
      'Parameters: 2,500 · 25 %',
      'Weights: 10.0 kB · 25 %',
      'Activations: 100 B · 50 %',
      'Weight: 64×3 float32 · w',
      'Node: a · Conv #3',
    ]);
  });

  it('sums a model up in a line', () => {
    assert.equal(modelSummary(report([], 349e6)), '4.95 MB · 1.24 M params · 349 M MACs');
    assert.equal(modelSummary(report([], '2*N')), '4.95 MB · 1.24 M params');
  });

  it('writes shapes', () => {
    assert.deepEqual([shapeText(null), shapeText([]), shapeText([1, null, 'N'])], ['?', '[]', '1×?×N']);
  });
});
