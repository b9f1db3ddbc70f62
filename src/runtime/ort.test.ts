import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, type DimLike } from '../../test/support/models';
import { type DataType } from '../graph/dataType';
import { Tensor } from '../graph/tensor';
import { LapidaryError } from '../protocol/errors';
import { nodeInMessage, runtimeFailure } from './ortErrors';
import { loadOrt } from './ort';
import { type TensorElements } from './port';

const identity = (type: DataType, shape: readonly DimLike[] = ['n', 2]): Uint8Array =>
  build({ inputs: { x: [type, shape] } })
    .node('Identity', ['x'], 'y')
    .output('y', type, shape)
    .bytes();

const code = (expected: string, match?: RegExp) => (thrown: unknown) =>
  thrown instanceof LapidaryError && thrown.code === expected && (!match || match.test(thrown.message));

describe('runtime/ort', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lapidary-ort-'));
  after(() => rmSync(folder, { recursive: true }));

  it('says what it is and what it accepts', async () => {
    const runtime = await loadOrt();
    assert.match(runtime.name, /^ONNX Runtime 1\.\d+/);
    assert.ok(runtime.limits.opset >= 26);
    assert.equal(await loadOrt(), runtime, 'it is loaded once');
  });

  const samples: [DataType, TensorElements][] = [
    ['float', Float32Array.of(1.5, -2)],
    ['double', Float64Array.of(1.5, -2)],
    ['float16', Uint16Array.of(0x3c00, 0x8001)],
    ['bool', Uint8Array.of(1, 0)],
    ['uint8', Uint8Array.of(255, 0)],
    ['int8', Int8Array.of(-128, 127)],
    ['int16', Int16Array.of(-300, 300)],
    ['uint16', Uint16Array.of(65535, 1)],
    ['int32', Int32Array.of(-70000, 70000)],
    ['uint32', Uint32Array.of(4294967295, 1)],
    ['int64', BigInt64Array.of(-(2n ** 62n), 3n)],
    ['uint64', BigUint64Array.of(2n ** 63n, 3n)],
    ['string', ['a', 'é∂']],
  ];
  for (const [type, data] of samples) {
    it(`passes ${type} in and out`, async () => {
      const session = await (await loadOrt()).open(identity(type));
      assert.deepEqual(session.inputs, [{ name: 'x', dataType: type, shape: ['n', 2] }]);
      const { y } = await session.run({ x: { dataType: type, shape: [1, 2], data } });
      assert.deepEqual(y, { dataType: type, shape: [1, 2], data });
      await session.close();
    });
  }

  it('passes empty tensors and scalars', async () => {
    const runtime = await loadOrt();
    const session = await runtime.open(identity('float'));
    const { y } = await session.run({ x: { dataType: 'float', shape: [0, 2], data: new Float32Array() } });
    assert.deepEqual(y!.shape, [0, 2]);
    const scalar = await runtime.open(identity('float', []));
    const result = await scalar.run({ x: { dataType: 'float', shape: [], data: Float32Array.of(3) } });
    assert.deepEqual([...(result.y!.data as Float32Array)], [3]);
    await session.close();
    await scalar.close();
  });

  it('refuses outputs that would end the process', async () => {
    const bytes = build({ opset: 21, irVersion: 10, inputs: { x: ['float', [4]] } })
      .initializer('scale', 'float', [], [1])
      .constant(Tensor.ofBytes('zero', 'int4', [], Uint8Array.of(0)))
      .node('QuantizeLinear', ['x', 'scale', 'zero'], 'y')
      .output('y', 'int4', [4])
      .bytes();
    const session = await (await loadOrt()).open(bytes);
    const feeds = { x: { dataType: 'float' as const, shape: [4], data: new Float32Array(4) } };
    await assert.rejects(session.run(feeds), code('unsupported', /int4/));
    await session.close();
  });

  it('refuses bfloat16 at the border with a hint', async () => {
    const runtime = await loadOrt();
    await assert.rejects(runtime.open(identity('bfloat16')), (thrown: unknown) => {
      return thrown instanceof LapidaryError && thrown.code === 'unsupported' && /cast/.test(thrown.place.hint ?? '');
    });
  });

  it('refuses outputs that are not tensors', async () => {
    const bytes = build({ inputs: { x: ['float', [2]] } })
      .node('SequenceConstruct', ['x'], 'y')
      .output('y');
    const model = bytes.model();
    model.graph.outputs[0]!.type = { kind: 'sequence', element: { kind: 'tensor', dataType: 'float' } };
    const session = await (await loadOrt()).open(bytes.bytes());
    assert.deepEqual(session.outputs, [{ name: 'y' }]);
    const feeds = { x: { dataType: 'float' as const, shape: [2], data: new Float32Array(2) } };
    await assert.rejects(session.run(feeds), code('unsupported', /not a tensor/));
    await session.close();
  });

  it('names the model and the node that fail', async () => {
    const path = join(folder, 'gather.onnx');
    const model = build({ inputs: { x: ['float', [2]], i: ['int64', [1]] } })
      .node('Gather', ['x', 'i'], 'y', {}, { name: 'look it up' })
      .output('y', 'float', [1]);
    writeFileSync(path, model.bytes());
    const session = await (await loadOrt()).open(path);
    const feeds = {
      x: { dataType: 'float' as const, shape: [2], data: new Float32Array(2) },
      i: { dataType: 'int64' as const, shape: [1], data: BigInt64Array.of(9n) },
    };
    await assert.rejects(session.run(feeds), (thrown: unknown) => {
      assert.ok(thrown instanceof LapidaryError);
      assert.equal(thrown.code, 'runtime-failed');
      assert.equal(thrown.place.model, path);
      assert.equal(thrown.place.node, 'look it up');
      return true;
    });
    await assert.rejects(session.run({ ...feeds, x: { ...feeds.x, shape: [3] } }), code('runtime-failed', /input "x"/));
    await assert.rejects(session.run(feeds, ['z']), code('runtime-failed', /no output "z"/));
    await session.close();
  });

  it('throws for what is not a model', async () => {
    const runtime = await loadOrt();
    await assert.rejects(runtime.open(Uint8Array.of(1, 2, 3)), code('runtime-failed'));
    await assert.rejects(runtime.open(join(folder, 'absent.onnx')), code('runtime-failed'));
  });

  it('says so when a model is newer than it', async () => {
    const bytes = build({ opset: 28, irVersion: 13, inputs: { x: ['float', [2]] } })
      .relu('x', 'y')
      .output('y', 'float', [2])
      .bytes();
    await assert.rejects((await loadOrt()).open(bytes), code('unsupported', /newer/));
  });

  it('writes the optimized graph and the profile, and passes configuration on', async () => {
    const runtime = await loadOrt();
    const optimizedModelPath = join(folder, 'optimized.onnx');
    const profilePrefix = join(folder, 'profile');
    const session = await runtime.open(identity('float'), { optimizedModelPath, profilePrefix, threads: 2 });
    await session.run({ x: { dataType: 'float', shape: [1, 2], data: new Float32Array(2) } });
    await session.close();
    assert.ok(existsSync(optimizedModelPath));
    assert.equal(readdirSync(folder).filter((name) => name.startsWith('profile')).length, 1);
    // An entry that must be obeyed: an ONNX file is no ORT-format file.
    const config = { 'session.load_model_format': 'ORT' };
    await assert.rejects(runtime.open(identity('float'), { config }), code('runtime-failed'));
  });

  it('leaves the place in the runtime’s own source out of its messages', () => {
    const check =
      'Status Message: /src/onnxruntime/core/a/b.h:68 Status f(const Tensor*, int) const x == y was false. Odd';
    const { message } = runtimeFailure(new Error(`while running A node. Name:'a' ${check}`), undefined);
    assert.equal(message, "ONNX Runtime: while running A node. Name:'a' Status Message: x == y was false. Odd");
  });

  it('finds the node in the runtime’s messages', () => {
    const messages: [string, string | undefined][] = [
      ["Non-zero status code returned while running Conv node. Name:'c 1' Status Message: x", 'c 1'],
      ["Could not find an implementation for BitShift(11) node with name 'bs'", 'bs'],
      ['This is an invalid model. In Node, ("foo node", Foo, "", -1) : ("x": tensor(float),)', 'foo node'],
      ['Node (mm) Op (MatMul) [ShapeInferenceError] Incompatible dimensions', 'mm'],
      ['Protobuf parsing failed.', undefined],
    ];
    for (const [message, node] of messages) assert.equal(nodeInMessage(message), node);
  });
});
