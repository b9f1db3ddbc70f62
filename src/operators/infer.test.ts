import assert from 'node:assert/strict';
import { build } from '../../test/support/models';
import { tensorOf } from '../../test/support/tensors';
import { Attribute } from '../graph/attribute';
import { Graph } from '../graph/graph';
import { type Model } from '../graph/model';
import { Node } from '../graph/node';
import { formatShape, tensorType } from '../graph/shape';
import { Value } from '../graph/value';
import { LapidaryError } from '../protocol/errors';
import { type Inference, inferModel, type InferOptions } from './infer';

/** Shapes of the graph outputs in one text each. */
function outputShapes(model: Model, options: InferOptions = {}): string[] {
  const inference = inferModel(model, options);
  return model.graph.outputs.map((value) => formatShape(inference.shapeOf(value)));
}

function warningCodes(inference: Inference): string[] {
  return inference.warnings.map((warning) => warning.code);
}

const image = (): ReturnType<typeof build> =>
  build({ inputs: { x: ['float', ['N', 3, 'H', null]] } })
    .conv('x', 'y', { channels: 8, inputChannels: 3, stride: 2, pad: 1 })
    .output('y');

describe('inferModel', () => {
  it('keeps dynamic dimensions as symbols and makes names up for nameless ones', () => {
    assert.deepEqual(outputShapes(image().model()), ['Nx8xfloor((H + 1)/2)xfloor((x_3 + 1)/2)']);
    const { symbols } = inferModel(image().model());
    assert.deepEqual(
      symbols.map(({ name, source, value }) => [name, source, value]),
      [
        ['N', 'input', undefined],
        ['H', 'input', undefined],
        ['x_3', 'input', undefined],
      ],
    );
  });

  it('binds symbols by name and by whole input shapes', () => {
    assert.deepEqual(outputShapes(image().model(), { dims: { N: 2, H: 10, x_3: 7 } }), ['2x8x5x4']);
    assert.deepEqual(outputShapes(image().model(), { inputShapes: { x: [4, 3, 8, 8] } }), ['4x8x4x4']);
  });

  it('refuses options that do not fit the inputs', () => {
    const cases: [InferOptions, RegExp][] = [
      [{ dims: { batch: 2 } }, /no dynamic dimension "batch"/],
      [{ inputShapes: { z: [1] } }, /no input "z"/],
      [{ inputShapes: { x: [1, 3, 8] } }, /has 4 dimensions/],
      [{ inputShapes: { x: [1, 4, 8, 8] } }, /axis 1 is 3/],
    ];
    for (const [options, message] of cases) {
      assert.throws(
        () => inferModel(image().model(), options),
        (error) => error instanceof LapidaryError && error.code === 'usage' && message.test(error.message),
      );
    }
  });

  it('follows shape arithmetic through Shape, Gather, Concat and Reshape', () => {
    const model = build({ inputs: { x: ['float', ['batch', 'length', 12]] } })
      .node('Shape', ['x'], 's')
      .initializer('zero', 'int64', [], [0])
      .initializer('one', 'int64', [], [1])
      .node('Gather', ['s', 'zero'], 'b')
      .node('Gather', ['s', 'one'], 'l')
      .initializer('axes', 'int64', [1], [0])
      .node('Unsqueeze', ['b', 'axes'], 'b1')
      .initializer('two', 'int64', [], [2])
      .node('Mul', ['l', 'two'], 'l2')
      .node('Unsqueeze', ['l2', 'axes'], 'l1')
      .initializer('rest', 'int64', [1], [-1])
      .node('Concat', ['b1', 'l1', 'rest'], 'target', { axis: 0 })
      .node('Reshape', ['x', 'target'], 'y')
      .output('y')
      .model();
    assert.deepEqual(outputShapes(model), ['batchx2*lengthx6']);
  });

  it('halves sizes that go through floats', () => {
    const model = build({ inputs: { x: ['float', [1, 'H']] } })
      .node('Shape', ['x'], 's')
      .node('Cast', ['s'], 'f', { to: 1 })
      .initializer('half', 'float', [], [0.5])
      .node('Mul', ['f', 'half'], 'h')
      .node('Floor', ['h'], 'hf')
      .node('Cast', ['hf'], 'i', { to: 7 })
      .node('ConstantOfShape', ['i'], 'y')
      .output('y')
      .model();
    assert.deepEqual(outputShapes(model), ['0xfloor(H/2)']);
  });

  it('lets a declared name stand in for a dimension that only running tells', () => {
    const graph = build({ inputs: { x: ['float', [4, 4]] } }).node('NonZero', ['x'], 'y');
    assert.deepEqual(outputShapes(graph.output('y').model()), ['2xy_count']);
    assert.deepEqual(outputShapes(graph.output('y', 'int64', [2, 'found']).model())[0], '2xfound');
  });

  it('lets the caller fix a size that only running tells', () => {
    const model = build({ inputs: { x: ['float', [4, 4]] } })
      .node('NonZero', ['x'], 'y')
      .node('Transpose', ['y'], 'z')
      .output('z')
      .model();
    assert.deepEqual(outputShapes(model), ['y_countx2']);
    assert.deepEqual(outputShapes(model, { dims: { y_count: 9 } }), ['9x2']);
    assert.deepEqual(inferModel(model).symbols, [{ name: 'y_count', source: 'data', value: undefined }]);
  });

  it('stays small on nonsense', () => {
    const model = build({ inputs: { x: ['float', [2, 2]], r: ['int64', [2 ** 40]] } })
      .node('Reshape', ['x', 'r'], 'a')
      .initializer('huge', 'int64', [2], [2 ** 31, 2 ** 31])
      .node('ConstantOfShape', ['huge'], 'b')
      .node('Transpose', ['x'], 'c', { perm: [0, 0] })
      .node('Scan', ['x', 'r'], 'd', { num_scan_inputs: 2 ** 40, body: new Graph('body') })
      .output('b')
      .model();
    assert.deepEqual(outputShapes(model), ['2147483648x2147483648']);
    assert.deepEqual(warningCodes(inferModel(model)), ['inference-failed', 'inference-failed', 'inference-failed']);
  });

  it('reports a declared type that contradicts and believes the graph', () => {
    const model = build({ inputs: { x: ['float', [2, 3]] } })
      .node('Relu', ['x'], 'y')
      .output('y', 'float', [2, 4])
      .model();
    const inference = inferModel(model);
    assert.deepEqual(warningCodes(inference), ['type-conflict']);
    assert.match(inference.warnings[0]!.message, /dimension 3 on axis 1, but the file says 4/);
    assert.deepEqual(outputShapes(model), ['2x3']);
  });

  it('goes on after an operator that nobody knows', () => {
    const model = build({ inputs: { x: ['float', [2, 3]] } })
      .node('Mystery', ['x'], 'a', {}, { domain: 'some.where', name: 'm1' })
      .node('Mystery', ['a'], 'b', {}, { domain: 'some.where', name: 'm2' })
      .node('Relu', ['b'], 'c')
      .node('Relu', ['x'], 'd')
      .output('c')
      .output('d')
      .model();
    const inference = inferModel(model);
    assert.deepEqual(outputShapes(model), ['?', '2x3']);
    assert.deepEqual(inference.warnings, [
      {
        code: 'unknown-operator',
        node: 'm1',
        message: 'Operator some.where.Mystery is not known (2 nodes): its outputs have no shape.',
      },
    ]);
  });

  it('reports a node that contradicts its operator and leaves its outputs unknown', () => {
    const model = build({ inputs: { a: ['float', [2, 3]], b: ['float', [4, 5]] } })
      .node('MatMul', ['a', 'b'], 'y')
      .output('y')
      .model();
    const inference = inferModel(model);
    assert.deepEqual(warningCodes(inference), ['inference-failed']);
    assert.equal(inference.warnings[0]!.node, 'MatMul_y');
    assert.equal(inference.typeOf(model.graph.outputs[0]!), undefined);
  });

  it('never reads large constants', () => {
    const builder = build({ inputs: { x: ['float', [1, 4096]] } });
    const failing = {
      name: 'weights',
      read(): Uint8Array {
        throw new Error('a weight was read');
      },
    };
    const data = { kind: 'span', source: failing, offset: 0, length: 4096 * 16 * 4 } as const;
    const weight = tensorOf('w', 'float', [1], [0]).with({ shape: [4096, 16], data });
    const model = builder.constant(weight).node('MatMul', ['x', 'w'], 'y').output('y').model();
    assert.deepEqual(outputShapes(model), ['1x16']);
    assert.deepEqual(inferModel(model).warnings, []);
  });
});

describe('bodies and functions', () => {
  it('merges the branches of an If, and takes the one that a constant condition chooses', () => {
    const make = (condition?: number): Model => {
      const builder = build({
        inputs: { x: ['float', ['N', 4]], ...(condition === undefined ? { c: ['bool', []] } : {}) },
      });
      if (condition !== undefined) builder.initializer('c', 'bool', [], [condition]);
      const yes = builder.body().node('Relu', ['x'], 'a').output('a');
      const no = builder.body().node('Concat', ['x', 'x'], 'b', { axis: 1 }).output('b');
      return builder.node('If', ['c'], 'y', { then_branch: yes, else_branch: no }).output('y').model();
    };
    assert.deepEqual(outputShapes(make()), ['Nx?']);
    assert.deepEqual(outputShapes(make(0)), ['Nx8']);
  });

  it('gives up what a Loop changes and stacks what it scans', () => {
    const builder = build({ inputs: { x: ['float', [2, 3]] } }).initializer('trips', 'int64', [], [5]);
    const body = builder
      .body({ inputs: { i: ['int64', []], c: ['bool', []], v: ['float'] } })
      .node('Concat', ['v', 'x'], 'longer', { axis: 0 })
      .node('ReduceSum', ['x'], 'sum', { keepdims: 0 })
      .node('Identity', ['c'], 'c2')
      .output('c2')
      .output('longer')
      .output('sum');
    const model = builder.node('Loop', ['trips', '', 'x'], ['y', 'sums'], { body }).output('y').output('sums').model();
    assert.deepEqual(outputShapes(model), ['?x3', '5']);
  });

  it('infers functions with the attributes of each call', () => {
    const body = new Graph('double');
    const input = body.addInput(new Value('v'));
    const output = new Value('w');
    const axis = new Attribute('axis', { kind: 'reference', refName: 'along', type: 2 });
    body.append(new Node({ opType: 'Concat', inputs: [input, input], outputs: [output], attributes: [axis] }));
    body.outputs.push(output);
    const builder = build({ inputs: { x: ['float', ['N', 4]] }, opsets: { local: 1 } })
      .node('Double', ['x'], 'a', { along: 0 }, { domain: 'local' })
      .node('Double', ['x'], 'b', { along: 1 }, { domain: 'local' })
      .output('a')
      .output('b');
    const model = builder.model();
    const [opsets, metadata] = [new Map([['', 17]]), new Map<string, string>()];
    const attributes = { attributeNames: ['along'], attributeDefaults: [] };
    model.functions.push({ domain: 'local', name: 'Double', overload: '', body, opsets, metadata, ...attributes });
    assert.deepEqual(outputShapes(model), ['2*Nx4', 'Nx8']);
  });

  it('survives a function that calls itself', () => {
    const body = new Graph('self');
    const input = body.addInput(new Value('v'));
    const output = new Value('w');
    body.append(new Node({ opType: 'Self', domain: 'local', inputs: [input], outputs: [output] }));
    body.outputs.push(output);
    const model = build({ inputs: { x: ['float', [1]] } })
      .node('Self', ['x'], 'y', {}, { domain: 'local' })
      .output('y')
      .model();
    const rest = { attributeNames: [], attributeDefaults: [], metadata: new Map<string, string>() };
    model.functions.push({
      domain: 'local',
      name: 'Self',
      overload: '',
      body,
      opsets: new Map([['local', 1]]),
      ...rest,
    });
    assert.deepEqual(warningCodes(inferModel(model)), ['recursive-function']);
  });

  it('stays linear in nested loops', () => {
    let inner = new Graph('leaf');
    for (let depth = 0; depth < 30; depth++) {
      const body = new Graph(`body_${depth}`);
      const [i, c, v] = ['i', 'c', 'v'].map((name) => body.addInput(new Value(`${name}${depth}`)));
      const grown = new Value(`g${depth}`, tensorType('float'));
      const attributes = depth === 0 ? [Attribute.int('axis', 0)] : [Attribute.graph('body', inner)];
      const inputs = depth === 0 ? [v, v] : [i, c, v];
      body.append(new Node({ opType: depth === 0 ? 'Concat' : 'Loop', inputs, outputs: [grown], attributes }));
      body.outputs.push(c!, grown);
      inner = body;
    }
    const builder = build({ inputs: { x: ['float', [2]] } }).initializer('m', 'int64', [], [3]);
    const model = builder.node('Loop', ['m', '', 'x'], 'y', { body: inner }).output('y').model();
    const start = performance.now();
    inferModel(model);
    assert.ok(performance.now() - start < 2000);
  });
});

describe('speed', () => {
  it('infers and profiles 20,000 nodes in a few seconds', () => {
    const builder = build({ inputs: { x: ['float', ['N', 8]] } }).initializer('one', 'float', [8]);
    for (let index = 0; index < 20_000; index++) builder.node('Add', [index === 0 ? 'x' : 'same', 'one'], 'same');
    const start = performance.now();
    inferModel(builder.model());
    assert.ok(performance.now() - start < 3000);
  });
});
