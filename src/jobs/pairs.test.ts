import assert from 'node:assert/strict';
import { layerReport } from '../../test/support/layerReport';
import { type LayerReport } from '../protocol/report';
import { pairLayers } from './pairs';

const layer = (name: string, opType: string, output: string, more: Partial<LayerReport> = {}): LayerReport =>
  layerReport({ name, opType, outputs: [output], activationBytes: 4, ...more });

const shown = (before: LayerReport[], after: LayerReport[]): string[] =>
  pairLayers(before, after).map((pair) => `${pair.name}: ${pair.before?.opType ?? '–'} → ${pair.after?.opType ?? '–'}`);

describe('pairLayers', () => {
  it('pairs by name, in the order of the first model, with what is new in its place', () => {
    const before = [layer('a', 'Conv', 'x'), layer('b', 'Relu', 'y'), layer('c', 'Gemm', 'z')];
    const after = [layer('a', 'Conv', 'x'), layer('n', 'Mul', 'm'), layer('c', 'Gemm', 'z')];
    assert.deepEqual(shown(before, after), ['a: Conv → Conv', 'b: Relu → –', 'n: – → Mul', 'c: Gemm → Gemm']);
  });

  it('pairs renamed layers by what they produce', () => {
    const before = [layer('Conv → y', 'Conv', 'y'), layer('Relu → z', 'Relu', 'z')];
    const after = [layer('fused', 'FusedConv', 'z')];
    assert.deepEqual(shown(before, after), ['Conv → y: Conv → –', 'Relu → z: Relu → FusedConv']);
  });

  it('pairs a layer with what it became, not the activation that was folded into it', () => {
    const before = [
      layer('Conv → y', 'Conv', 'y', { macs: 9 }),
      layer('Relu → z', 'Relu', 'z', { inputs: ['y'] }),
      layer('Add → s', 'Add', 's', { inputs: ['z'] }),
    ];
    const after = [layer('Conv → z', 'Conv', 'z', { macs: 9 }), layer('Add → s', 'Add', 's')];
    assert.deepEqual(shown(before, after), ['Conv → y: Conv → Conv', 'Relu → z: Relu → –', 'Add → s: Add → Add']);
  });

  it('pairs a split layer with the part that does its work', () => {
    const before = [layer('fc', 'MatMul', 'y', { macs: 64 })];
    const after = [
      layer('fc_quantize', 'DynamicQuantizeLinear', 'q'),
      layer('fc_matmul', 'MatMulInteger', 'i', { macs: 64 }),
      layer('fc_cast', 'Cast', 'c'),
      layer('fc_scale', 'Mul', 'y'),
    ];
    assert.deepEqual(shown(before, after), ['fc: MatMul → MatMulInteger']);
  });

  it('leaves out what only stores weights in another form', () => {
    const before = [layer('a', 'Conv', 'x')];
    const after = [
      layer('Cast → w', 'Cast', 'w', { activationBytes: 0 }),
      layer('Mul → w2', 'Mul', 'w2', { activationBytes: 0 }),
      layer('a', 'Conv', 'x'),
    ];
    assert.deepEqual(shown(before, after), ['a: Conv → Conv']);
  });

  it('pairs two exports of one network by structure, and guesses nothing', () => {
    const conv = (name: string, output: string, macs: number) => layer(name, 'Conv', output, { macs, parameters: 9 });
    const before = [
      conv('a', 'x', 10),
      layer('m', 'MatMul', 'y', { macs: 7 }),
      conv('b', 'z', 10),
      layer('r', 'Abs', 'w'),
    ];
    const after = [
      conv('p', '1', 10),
      layer('g', 'Gemm', '2', { macs: 7 }),
      conv('q', '3', 10),
      layer('s', 'Abs', '4'),
    ];
    const names = (list: LayerReport[]) => pairLayers(before, list).map(({ name, after: to }) => `${name} ${to?.name}`);
    assert.deepEqual(names(after), ['a p', 'm g', 'b q', 'r s']);
    // One convolution less: nobody knows which.
    assert.deepEqual(names(after.slice(1)).slice(0, 3), ['a undefined', 'm g', 'b undefined']);
  });
});
