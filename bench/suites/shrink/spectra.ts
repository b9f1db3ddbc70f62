/** How near to the best approximation our factors are, and how fast they are found. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { difference, energy, matrix, type Matrix } from '../../../src/numerics/linear/matrix';
import { Random } from '../../../src/numerics/random';
import { matrixProducts } from '../../../src/pass/matrixProducts';
import { split } from '../../../src/passes/factorize/lowRank';
import { loadOrt } from '../../../src/runtime/ort';
import { type Lab, seconds } from '../../support/lab';

/** Our truncated SVD beside numpy's full one, on the same matrices. */
export async function againstNumpy(lab: Lab): Promise<void> {
  const peer = lab.peer('numpy', 'svd');
  const rows: string[][] = [];
  const products = matrixProducts(await loadOrt());
  let worst = 0;
  try {
    for (const { height, width, rank } of [
      { height: 512, width: 512, rank: 128 },
      { height: 1024, width: 1024, rank: 256 },
      { height: 3072, width: 768, rank: 192 },
    ]) {
      const a = decaying(height, width);
      await split({ weights: a }, rank, products.multiply);
      const started = performance.now();
      const { left, right } = await split({ weights: a }, rank, products.multiply);
      const ours = (performance.now() - started) / 1000;
      const error = energy(difference(a, await products.multiply(left, right)));
      const numpy = peer && numpySvd(lab, peer, a, rank);
      if (numpy) worst = Math.max(worst, Math.sqrt(error / numpy.error) - 1);
      rows.push([
        `${height} x ${width}, rank ${rank}`,
        seconds(ours),
        numpy ? seconds(numpy.seconds) : '-',
        numpy ? `${(Math.sqrt(error / numpy.error) - 1).toExponential(1)}` : '-',
      ]);
    }
  } finally {
    await products.close();
  }
  lab.table(['matrix', 'ours', 'numpy, full SVD', 'error beyond the best'], rows);
  if (peer) lab.aim('error beyond the best of that rank', worst, 1e-3, (value) => value.toExponential(1));
  lab.print();
}

/** Random, with columns of falling size, as weights of trained layers have them. */
function decaying(height: number, width: number): Matrix {
  const noise = new Random(height).normals(height * width);
  return matrix(
    height,
    width,
    Float64Array.from(noise, (value, index) => value / (1 + (index % width) / 32)),
  );
}

function numpySvd(
  lab: Lab,
  { command, args }: { readonly command: string; readonly args: readonly string[] },
  a: Matrix,
  rank: number,
): { readonly seconds: number; readonly error: number } {
  const file = lab.file('matrix.f64');
  writeFileSync(file, Buffer.from(a.data.buffer, a.data.byteOffset, a.data.byteLength));
  const wide = [file, a.rows, a.columns, rank].map(String);
  const { status, stdout, stderr } = spawnSync(command, [...args, ...wide], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe', 'ignore'],
  });
  if (status !== 0) throw new Error(`numpy failed: ${stderr}`);
  return JSON.parse(stdout) as { seconds: number; error: number };
}
