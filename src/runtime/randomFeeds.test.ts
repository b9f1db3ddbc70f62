import assert from 'node:assert/strict';
import { build } from '../../test/support/models';
import { type PortInfo } from './port';
import { indexBounds, inputPorts, randomFeeds } from './randomFeeds';

const numbers = (tensor: { data: ArrayLike<unknown> } | undefined): number[] => Array.from(tensor!.data, Number);

describe('runtime/randomFeeds', () => {
  it('is the same for the same seed and differs for another', () => {
    const ports: PortInfo[] = [{ name: 'x', dataType: 'float', shape: ['n', 3] }];
    assert.deepEqual(randomFeeds(ports, { seed: 3 }), randomFeeds(ports, { seed: 3 }));
    assert.notDeepEqual(randomFeeds(ports, { seed: 3 }), randomFeeds(ports, { seed: 4 }));
  });

  it('binds symbols: by name, whole shapes first, else 1', () => {
    const ports: PortInfo[] = [
      { name: 'a', dataType: 'float', shape: ['n', 'w', 2] },
      { name: 'b', dataType: 'float', shape: ['n', ''] },
    ];
    const feeds = randomFeeds(ports, { dims: { n: 4 }, inputShapes: { b: [5, 6] } });
    assert.deepEqual(
      [feeds.a!.shape, feeds.b!.shape],
      [
        [4, 1, 2],
        [5, 6],
      ],
    );
    assert.equal(feeds.b!.data.length, 30);
  });

  it('gives each type its array', () => {
    const types = ['float16', 'double', 'int8', 'uint8', 'int64', 'uint64', 'bool', 'string', 'int32'] as const;
    const feeds = randomFeeds(types.map((dataType) => ({ name: dataType, dataType, shape: [7] })));
    const names = types.map((type) => feeds[type]!.data.constructor.name);
    assert.deepEqual(names, [
      ...['Uint16Array', 'Float64Array', 'Int8Array', 'Uint8Array', 'BigInt64Array', 'BigUint64Array'],
      ...['Uint8Array', 'Array', 'Int32Array'],
    ]);
    for (const type of types) assert.equal(feeds[type]!.data.length, 7, type);
    for (const value of numbers(feeds.bool)) assert.ok(value === 0 || value === 1);
  });

  it('understands the usual names', () => {
    const shape = [1, 9];
    const ports = ['attention_mask', 'token_type_ids', 'position_ids', 'input_ids', 'lengths', 'sr'].map((name) => {
      return { name, dataType: 'int64' as const, shape: name === 'lengths' ? [1] : name === 'sr' ? [] : shape };
    });
    const feeds = randomFeeds(ports);
    assert.deepEqual(new Set(numbers(feeds.attention_mask)), new Set([1]));
    assert.ok(Math.max(...numbers(feeds.token_type_ids)) <= 1);
    assert.deepEqual(numbers(feeds.position_ids), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
    assert.ok(numbers(feeds.input_ids).every((id) => id >= 0 && id < 32));
    assert.deepEqual(numbers(feeds.lengths), [9]);
    assert.deepEqual(numbers(feeds.sr), [16000]);
  });

  it('keeps indices within the table that they index', () => {
    const model = build({ inputs: { tokens: ['int32', ['n']], x: ['float', ['n', 2]] } })
      .initializer('table', 'float', [3, 2])
      .node('Cast', ['tokens'], 'wide', { to: 7 })
      .node('Gather', ['table', 'wide'], 'rows')
      .node('Add', ['rows', 'x'], 'y')
      .output('y')
      .model();
    assert.deepEqual(indexBounds(model), { tokens: 3 });
    const feeds = randomFeeds(inputPorts(model), { dims: { n: 200 }, bounds: indexBounds(model) });
    assert.equal(Math.max(...numbers(feeds.tokens)), 2);
    assert.equal(Math.min(...numbers(feeds.tokens)), 0);
  });

  it('leaves out inputs that have a default', () => {
    const builder = build({ inputs: { x: ['float', [2]], w: ['float', [2]] } }).initializer('w', 'float', [2]);
    const model = builder.node('Add', ['x', 'w'], 'y').output('y').model();
    assert.deepEqual(inputPorts(model), [{ name: 'x', dataType: 'float', shape: [2] }]);
  });

  it('says for which input it knows no value', () => {
    assert.throws(() => randomFeeds([{ name: 'list' }]), /"list"/);
  });
});
