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
import { type InferenceRuntime, type InferenceSession } from '../runtime/port';

/** Below so many multiplications, handing the operands over costs more than multiplying here. */
const smallProduct = 2 ** 17;

/** A product of float64 matrices, with the sessions behind it to be closed. */
export interface MatrixProducts {
  readonly multiply: Multiply;
  close(): Promise<void>;
}

/** Products by `runtime` (about 50 times faster than JavaScript for large ones), or in JavaScript where there is none. */
export function matrixProducts(runtime: InferenceRuntime | undefined): MatrixProducts {
  const sessions = new Map<string, Promise<InferenceSession>>();
  const sessionFor = (transA: boolean, transB: boolean): Promise<InferenceSession> => {
    const key = `${transA},${transB}`;
    let session = sessions.get(key);
    if (!session) sessions.set(key, (session = runtime!.open(gemm(transA, transB), { threads: 0 })));
    return session;
  };
  const multiply: Multiply = async (a, b, options: ProductOptions = {}) => {
    const { transposeA = false, transposeB = false } = options;
    const [rows, inner] = transposeA ? [a.columns, a.rows] : [a.rows, a.columns];
    const columns = transposeB ? b.rows : b.columns;
    if (!runtime || rows * inner * columns < smallProduct) return product(a, b, options);
    const session = await sessionFor(transposeA, transposeB);
    const { y } = await session.run({
      a: { dataType: 'double', shape: [a.rows, a.columns], data: a.data },
      b: { dataType: 'double', shape: [b.rows, b.columns], data: b.data },
    });
    if (!(y?.data instanceof Float64Array)) throw new LapidaryError('internal', 'Gemm returned no float64.');
    return matrix(rows, columns, y.data);
  };
  const close = async (): Promise<void> => {
    for (const session of sessions.values()) await (await session).close();
    sessions.clear();
  };
  return { multiply, close };
}

function gemm(transA: boolean, transB: boolean): Uint8Array {
  const graph = new Graph('gemm');
  const port = (name: string): Value => {
    const shape = [Expression.symbol(`${name}0`), Expression.symbol(`${name}1`)];
    return new Value(name, tensorType('double', shape));
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
