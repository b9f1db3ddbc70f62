/** Matrix products by the runtime's own Gemm: numerics takes them as a function, here one is made. */
import { Attribute } from '../graph/attribute';
import { Expression } from '../graph/expression';
import { Graph } from '../graph/graph';
import { Model } from '../graph/model';
import { Node } from '../graph/node';
import { tensorType } from '../graph/shape';
import { encodeModel } from '../graph/toOnnx';
import { Value } from '../graph/value';
import { matrix, type Multiply, product, type ProductOptions } from '../numerics/linear/matrix';
import { LapidaryError } from '../protocol/errors';
import { type InferenceRuntime, type InferenceSession, type RuntimeTensor } from '../runtime/port';

/** Below so many multiplications, handing the operands over costs more than multiplying here. */
const smallProduct = 2 ** 17;

/** A product of float64 matrices, with the sessions behind it to be closed. */
export interface MatrixProducts {
  readonly multiply: Multiply;
  /** Xᵀ·X of rows of `width` numbers, in float32: twice as fast, and exact enough where a ridge is added. */
  gram(rows: Float32Array, width: number): Promise<Float32Array>;
  close(): Promise<void>;
}

/** Products by `runtime` (about 50 times faster than JavaScript for large ones), or in JavaScript where there is none. */
export function matrixProducts(runtime: InferenceRuntime | undefined): MatrixProducts {
  const sessions = new Map<string, Promise<InferenceSession>>();
  const sessionFor = (type: Element, transA: boolean, transB: boolean): Promise<InferenceSession> => {
    const key = `${type},${transA},${transB}`;
    let session = sessions.get(key);
    if (!session) sessions.set(key, (session = runtime!.open(gemm(type, transA, transB), { threads: 0 })));
    return session;
  };
  const multiply: Multiply = async (a, b, options: ProductOptions = {}) => {
    const { transposeA = false, transposeB = false } = options;
    const [rows, inner] = transposeA ? [a.columns, a.rows] : [a.rows, a.columns];
    const columns = transposeB ? b.rows : b.columns;
    if (!runtime || rows * inner * columns < smallProduct) return product(a, b, options);
    const session = await sessionFor('double', transposeA, transposeB);
    const { y } = await session.run({
      a: { dataType: 'double', shape: [a.rows, a.columns], data: a.data },
      b: { dataType: 'double', shape: [b.rows, b.columns], data: b.data },
    });
    if (!(y?.data instanceof Float64Array)) throw new LapidaryError('internal', 'Gemm returned no float64.');
    return matrix(rows, columns, y.data);
  };
  const gram: MatrixProducts['gram'] = async (rows, width) => {
    const count = rows.length / width;
    if (!runtime) {
      const x = matrix(count, width, Float64Array.from(rows));
      return Float32Array.from(product(x, x, { transposeA: true }).data);
    }
    const session = await sessionFor('float', true, false);
    const x: RuntimeTensor = { dataType: 'float', shape: [count, width], data: rows };
    const { y } = await session.run({ a: x, b: x });
    if (!(y?.data instanceof Float32Array)) throw new LapidaryError('internal', 'Gemm returned no float32.');
    return y.data;
  };
  const close = async (): Promise<void> => {
    for (const session of sessions.values()) await (await session).close();
    sessions.clear();
  };
  return { multiply, gram, close };
}

/** Element types that are multiplied. */
type Element = 'float' | 'double';

function gemm(type: Element, transA: boolean, transB: boolean): Uint8Array {
  const graph = new Graph('gemm');
  const port = (name: string): Value => {
    const shape = [Expression.symbol(`${name}0`), Expression.symbol(`${name}1`)];
    return new Value(name, tensorType(type, shape));
  };
  const inputs = ['a', 'b'].map((name) => graph.addInput(port(name)));
  const y = port('y');
  const attributes = [Attribute.int('transA', transA ? 1 : 0), Attribute.int('transB', transB ? 1 : 0)];
  graph.append(new Node({ opType: 'Gemm', inputs, outputs: [y], attributes }));
  graph.outputs.push(y);
  const model = new Model(graph);
  model.opsets.set('', 13);
  return encodeModel(model);
}
