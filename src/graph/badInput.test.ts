import { create, toBinary } from '@bufbuild/protobuf';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { symlinkSync, mkdirSync, writeFileSync } from 'node:fs';
import { assertFails } from '../../test/support/errors';
import { temporaryFolder } from '../../test/support/folder';
import { build } from '../../test/support/models';
import { ModelProtoSchema, type ModelProto } from '../onnx/schema/onnx_pb';
import { checkModel } from './check';
import { decodeModel, readModel } from './fromOnnx';

type Init = Parameters<typeof create<typeof ModelProtoSchema>>[1];
type GraphInit = NonNullable<Exclude<Init, ModelProto | undefined>['graph']>;

const encode = (init: Init): Uint8Array => toBinary(ModelProtoSchema, create(ModelProtoSchema, init));
const encodeGraph = (graph: GraphInit): Uint8Array => encode({ irVersion: 8n, opsetImport: [{ version: 17n }], graph });

const small = (): Uint8Array =>
  build({ inputs: { x: ['float', [1, 4]] } })
    .gemm('x', 'y', [4, 64])
    .output('y', 'float', [1, 64])
    .bytes();

describe('bad input', () => {
  const path = temporaryFolder();

  const file = (content: Uint8Array | string, name = 'm.onnx'): string => {
    writeFileSync(path(name), content);
    return path(name);
  };

  it('a file that is not there, or a folder', () => {
    assertFails(() => readModel(path('none.onnx')), 'not-found', 'none.onnx');
    mkdirSync(path('folder.onnx'));
    assertFails(() => readModel(path('folder.onnx')), 'not-onnx', 'folder.onnx', 'not a file');
  });

  it('a pipe, which nobody writes to', function () {
    if (process.platform === 'win32') this.skip();
    execFileSync('mkfifo', [path('pipe.onnx')]);
    assertFails(() => readModel(path('pipe.onnx')), 'not-onnx', 'pipe.onnx', 'not a file');
  });

  it('an empty file', () => {
    assertFails(() => readModel(file('')), 'not-onnx', 'empty', 'm.onnx');
  });

  it('files of another kind, by name', () => {
    assertFails(() => readModel(file('hello, I am not a model\n'.repeat(9))), 'not-onnx', 'text file');
    assertFails(() => readModel(file('version https://git-lfs.github.com/spec/v1\noid')), 'not-onnx', 'Git LFS');
    assertFails(() => readModel(file('PK\x03\x04rest of an archive')), 'not-onnx', 'zip archive');
    assertFails(() => readModel(file(Buffer.from('\x89HDF\r\n\x1a\n', 'latin1'))), 'not-onnx', 'HDF5');
    assertFails(() => readModel(file('\x1c\0\0\0TFL3' + '\0'.repeat(40))), 'not-onnx', 'TensorFlow Lite');
    assertFails(() => readModel(file('<!DOCTYPE html><html><body>404')), 'not-onnx', 'web page');
  });

  it('protobuf that is no model', () => {
    assertFails(() => decodeModel(encode({ producerName: 'someone' })), 'not-onnx', 'no graph');
  });

  it('a model cut off anywhere', () => {
    const bytes = small();
    for (let length = 1; length < bytes.length; length += 7) {
      const error = assertFails(() => readModel(file(bytes.subarray(0, length))), 'not-onnx', 'm.onnx');
      assert.match(error.message, /at byte \d+ of \d+|no graph/);
    }
  });

  it('messages nested too deep, instead of a stack overflow', () => {
    // A sequence of sequences of …, 10 000 deep: field 4 of TypeProto holds field 1 of its Sequence.
    let type: Uint8Array = Uint8Array.of();
    const wrap = (tag: number, inner: Uint8Array): Uint8Array => {
      const length: number[] = [];
      let rest = inner.length;
      for (; rest >= 0x80; rest >>= 7) length.push((rest & 0x7f) | 0x80);
      return Buffer.concat([Uint8Array.of(tag), Uint8Array.from([...length, rest]), inner]);
    };
    for (let depth = 0; depth < 10_000; depth++) type = wrap(0x22, wrap(0x0a, type));
    const model = wrap(0x3a, wrap(0x5a, wrap(0x12, type)));
    assertFails(() => decodeModel(model), 'not-onnx', 'nested more than');
  });

  it('weights of a wrong size', () => {
    const tensor = (length: number): GraphInit => ({
      initializer: [{ name: 'w', dataType: 1, dims: [2000n], rawData: new Uint8Array(length) }],
    });
    decodeModel(encodeGraph(tensor(8000)));
    for (const length of [7999, 8001, 4]) {
      assertFails(
        () => decodeModel(encodeGraph(tensor(length))),
        'invalid-model',
        '"w"',
        'float[2000]',
        '8000',
        `${length}`,
      );
    }
    const strings = { initializer: [{ name: 's', dataType: 8, dims: [3n], stringData: [Uint8Array.of(1)] }] };
    assertFails(() => decodeModel(encodeGraph(strings)), 'invalid-model', '"s"', '3 strings');
    const dims = { initializer: [{ name: 'd', dataType: 1, dims: [-1n] }] };
    assertFails(() => decodeModel(encodeGraph(dims)), 'invalid-model', '"d"', '[-1]');
    const huge = { initializer: [{ name: 'd', dataType: 1, dims: [2n ** 62n, 0n] }] };
    assertFails(() => decodeModel(encodeGraph(huge)), 'invalid-model', '"d"', 'impossible shape');
  });

  it('a value that nothing computes', () => {
    const graph: GraphInit = { node: [{ name: 'n', opType: 'Relu', input: ['ghost'], output: ['y'] }] };
    assertFails(() => decodeModel(encodeGraph(graph)), 'invalid-model', '"n"', 'ghost');
    assertFails(() => decodeModel(encodeGraph({ output: [{ name: 'ghost' }] })), 'invalid-model', 'ghost');
  });

  it('names that clash', () => {
    const x = { name: 'x' };
    const twice = {
      node: [
        { name: 'n', opType: 'A', output: ['y'] },
        { name: 'm', opType: 'A', output: ['y'] },
      ],
    };
    assertFails(() => decodeModel(encodeGraph(twice)), 'invalid-model', '"m"', '"y"');
    assertFails(() => decodeModel(encodeGraph({ input: [x, x] })), 'invalid-model', '"x"');
    const tensor = { name: 'x', dataType: 1, dims: [0n] };
    assertFails(() => decodeModel(encodeGraph({ initializer: [tensor, tensor] })), 'invalid-model', '"x"');
    assertFails(() => decodeModel(encodeGraph({ input: [{ name: '' }] })), 'invalid-model', 'no name');
  });

  it('nodes in a circle, but not nodes that are merely unsorted', () => {
    const a = { name: 'a', opType: 'Relu', input: ['y'], output: ['x'] };
    const b = { name: 'b', opType: 'Relu', input: ['x'], output: ['y'] };
    assertFails(() => decodeModel(encodeGraph({ node: [a, b] })), 'invalid-model', '"a"', '"b"', 'circle');
    const chain = Array.from({ length: 20_000 }, (_, index) => ({
      name: `n${index}`,
      opType: 'Relu',
      input: [index === 19_999 ? 'in' : `v${index + 1}`],
      output: [`v${index}`],
    }));
    const { graph } = decodeModel(encodeGraph({ input: [{ name: 'in' }], node: chain }));
    assert.equal([...graph.nodes()][0]?.name, 'n19999');
  });

  it('an attribute that holds nothing, or is there twice', () => {
    const node = (attribute: object[]): GraphInit => ({ node: [{ name: 'n', opType: 'X', output: ['y'], attribute }] });
    assertFails(
      () => decodeModel(encodeGraph(node([{ name: 'a', type: 4 }]))),
      'invalid-model',
      '"n"',
      '"a"',
      'TENSOR',
    );
    const i = { name: 'a', type: 2, i: 1n };
    assertFails(() => decodeModel(encodeGraph(node([i, i]))), 'invalid-model', '"n"', '"a"');
  });

  describe('external data', () => {
    const entries = (record: Record<string, string>): { key: string; value: string }[] =>
      Object.entries(record).map(([key, value]) => ({ key, value }));
    const model = (location: Record<string, string>): string =>
      file(
        encodeGraph({
          initializer: [{ name: 'w', dataType: 1, dims: [2n], dataLocation: 1, externalData: entries(location) }],
        }),
      );

    it('is read from beside the model or below', () => {
      mkdirSync(path('sub'));
      writeFileSync(
        path('sub', 'w.bin'),
        Uint8Array.from({ length: 32 }, (_, index) => index),
      );
      const read = readModel(model({ location: 'sub/w.bin', offset: '16', length: '8' }));
      const tensor = read.graph.initializers.get('w')!.constant!;
      assert.deepEqual(tensor.bytes(), Uint8Array.of(16, 17, 18, 19, 20, 21, 22, 23));
      // Without a length the type and shape tell.
      const short = readModel(model({ location: 'sub/w.bin' })).graph.initializers.get('w')!.constant!;
      assert.deepEqual(short.bytes(), Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7));
    });

    it('missing, cut off, or ill described', () => {
      assertFails(() => readModel(model({ location: 'none.bin' })), 'external-data', '"w"', 'none.bin', 'missing');
      writeFileSync(path('w.bin'), new Uint8Array(10));
      assertFails(
        () => readModel(model({ location: 'w.bin', offset: '4' })),
        'external-data',
        '"w"',
        '10 bytes',
        'cut off',
      );
      assertFails(() => readModel(model({ location: 'w.bin', length: '4' })), 'invalid-model', '"w"', '8 bytes');
      assertFails(() => readModel(model({ location: 'w.bin', offset: '-1' })), 'external-data', '"w"', '-1');
      assertFails(() => readModel(model({})), 'external-data', '"w"', 'no location');
      mkdirSync(path('w.dir'));
      assertFails(() => readModel(model({ location: 'w.dir' })), 'external-data', '"w"', 'w.dir');
    });

    it('outside the folder of the model, by any way', () => {
      mkdirSync(path('model'));
      writeFileSync(path('secret'), new Uint8Array(8));
      symlinkSync(path('secret'), path('model', 'link'));
      symlinkSync(path(), path('model', 'up'));
      const outside = [
        '../secret',
        path('secret'),
        'link',
        'up/secret',
        'x/../../secret',
        '.',
        'C:\\secret',
        '\\\\h\\s',
      ];
      for (const location of outside) {
        const bytes = encodeGraph({
          initializer: [{ name: 'w', dataType: 1, dims: [2n], dataLocation: 1, externalData: entries({ location }) }],
        });
        const inside = file(bytes, 'model/m.onnx');
        const error = assertFails(() => readModel(inside), 'external-data', '"w"', location);
        assert.match(error.message, /outside the folder/);
        assertFails(() => decodeModel(bytes, inside), 'external-data', '"w"');
      }
    });

    it('of a model in memory', () => {
      const bytes = encodeGraph({
        initializer: [{ name: 'w', dataType: 1, dataLocation: 1, externalData: entries({ location: 'w.bin' }) }],
      });
      assertFails(() => decodeModel(bytes), 'external-data', '"w"', 'memory');
    });
  });

  describe('models that can be read but not worked with', () => {
    const node = { opType: 'Relu', input: ['x'], output: ['y'], name: 'relu' };
    const graph = { node: [node], input: [{ name: 'x' }], output: [{ name: 'y' }] };
    const check = (init: Init) => (): void => checkModel(decodeModel(encode(init), 'm.onnx'));

    it('is silent for a good one', () => {
      check({ irVersion: 8n, opsetImport: [{ version: 17n }], graph })();
      check({
        irVersion: 8n,
        opsetImport: [
          { domain: 'ai.onnx', version: 26n },
          { domain: 'own', version: 99n },
        ],
        graph,
      })();
      check({ irVersion: 2n, graph })();
    });

    it('without nodes or outputs', () => {
      const opsetImport = [{ version: 17n }];
      assertFails(check({ irVersion: 8n, opsetImport, graph: {} }), 'invalid-model', 'no nodes', 'm.onnx');
      assertFails(
        check({ irVersion: 8n, opsetImport, graph: { ...graph, output: [] } }),
        'invalid-model',
        'no outputs',
      );
    });

    it('with an unknown opset or IR version', () => {
      assertFails(
        check({ irVersion: 8n, opsetImport: [{ version: 999n }], graph }),
        'invalid-model',
        '999',
        'ai.onnx',
        'm.onnx',
      );
      assertFails(check({ irVersion: 8n, opsetImport: [{ version: 0n }], graph }), 'invalid-model', 'opset 0');
      const ml = [{ version: 17n }, { domain: 'ai.onnx.ml', version: 99n }];
      assertFails(check({ irVersion: 8n, opsetImport: ml, graph }), 'invalid-model', '99', 'ai.onnx.ml');
      assertFails(
        check({ irVersion: 8n, opsetImport: [{ domain: 'own', version: 1n }], graph }),
        'invalid-model',
        'relu',
      );
      assertFails(check({ irVersion: 99n, opsetImport: [{ version: 17n }], graph }), 'invalid-model', 'IR version 99');
      assertFails(check({ opsetImport: [{ version: 17n }], graph }), 'invalid-model', 'no IR version');
    });
  });
});
