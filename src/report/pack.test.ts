import assert from 'node:assert/strict';
import v8 from 'node:v8';
import { type PackedReport } from '../protocol/packed';
import { type InspectReport, type LayerReport } from '../protocol/report';
import { asItCame, lazyReport, packReport, reportOf, unpackInSlices, unpackReport } from './pack';

const layer = (index: number, more: Partial<LayerReport> = {}): LayerReport => ({
  index,
  name: `block${index}/Conv`,
  opType: 'Conv',
  domain: '',
  scope: `block${index}`,
  inputs: [`x${index}`, 'weight'],
  outputs: [`x${index + 1}`],
  outputShapes: [['batch', 3, null], null],
  outputTypes: ['float', null],
  parameters: 12,
  weightBytes: 48,
  macs: 'batch*12',
  flops: null,
  activationBytes: 1,
  kind: 'Conv',
  weights: [{ name: 'weight', type: 'float', shape: [3, 4] }],
  ...more,
});

const report = (layers: readonly LayerReport[]): InspectReport =>
  ({ model: { path: 'a.onnx', macs: 5 }, symbols: [], layers, warnings: [] }) as unknown as InspectReport;

const pack = ({ layers, ...head }: InspectReport): PackedReport => packReport(head, layers);

describe('report/pack', () => {
  const mixed = report([
    layer(0),
    layer(1, { macs: 12, name: '12', opType: '["x1"]' }),
    layer(2, { outputs: [], counted: false, macs: null, name: '</script>\n"\u2028😀' }),
    layer(3, { bytesRead: null, intensity: 0.1 + 0.2, inputs: ['x1'], parent: 2 }),
  ]);

  it('gives back what was packed, through a copy between processes', () => {
    for (const each of [mixed, report([]), report([layer(0)]), report([layer(0), { ...layer(0), index: 1 }])]) {
      const packed = v8.deserialize(v8.serialize(pack(each))) as PackedReport;
      assert.deepEqual(unpackReport(packed), each);
    }
  });

  it('leaves out what is undefined, and tells text from numbers and lists from their text', () => {
    const given = report([{ ...layer(0), macsExpression: undefined }, layer(1)]);
    const [first] = unpackReport(pack(given)).layers;
    assert.ok(first && !('macsExpression' in first));
    const [, second] = unpackReport(pack(mixed)).layers;
    assert.deepEqual([second?.macs, second?.name, second?.opType], [12, '12', '["x1"]']);
  });

  it('stores once what is the same for all layers', () => {
    const many = report(Array.from({ length: 1000 }, (_, index) => layer(index)));
    const { columns, dictionary } = pack(many);
    assert.equal(columns.find(({ field }) => field === 'weights')?.entries.length, 1);
    const bytes = dictionary.reduce((sum, piece) => sum + piece.length, 0);
    assert.ok(bytes < JSON.stringify(many).length / 4);
  });

  it('unpacks the layers of a lazy report when they are asked for, and keeps the packed form', () => {
    const packed = pack(mixed);
    const broken = { ...packed, dictionary: [new Uint8Array()] };
    const lazy = lazyReport(broken);
    assert.deepEqual(lazy.model, mixed.model);
    assert.throws(() => lazy.layers, SyntaxError);
    assert.equal(asItCame(lazy), broken);
    const good = lazyReport(packed);
    assert.equal(good.layers, good.layers);
    assert.deepEqual({ ...good }, mixed);
    assert.equal(asItCame(mixed), mixed);
    assert.deepEqual(reportOf(packed), mixed);
  });

  it('unpacks in slices, to the same', async () => {
    const many = report(Array.from({ length: 12_000 }, (_, index) => layer(index)));
    const lazy = lazyReport(pack(many));
    let turns = 0;
    await unpackInSlices(lazy, () => Promise.resolve(turns++));
    assert.ok(turns > 1, 'the dictionary has pieces');
    const { layers } = lazy;
    assert.deepEqual(layers, many.layers);
    await unpackInSlices(lazy, () => Promise.reject(new Error('nothing is left to do')));
    assert.equal(lazy.layers, layers);
    await unpackInSlices(many, () => Promise.reject(new Error('it is no lazy one')));
  });
});
