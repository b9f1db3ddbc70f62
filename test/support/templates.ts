/** A classifier that is right by construction, with data of its own: what shrinking costs can be seen without training. */
import { npyFloats } from './npy';
import { build } from './models';
import { normals, seeded } from './random';
import { tensorOf } from './tensors';

const [classes, channels, size, patch] = [10, 32, 12, 27];

/** A patch of 3x3 pixels for each class. */
const patches = (): Float32Array => normals(seeded(41), classes * patch);

/**
 * Looks for the patch of each class with one filter; the other channels hold next to nothing. 3x12x12 images, two
 * convolutions, ten scores.
 */
export function templateClassifier(): Uint8Array {
  const random = seeded(42);
  const filters = normals(random, channels * patch, 0.05);
  const found = patches();
  for (let k = 0; k < classes; k++) {
    const own = found.subarray(k * patch, (k + 1) * patch);
    const energy = own.reduce((sum, value) => sum + value * value, 0);
    own.forEach((value, i) => (filters[k * patch + i] = (3 * value) / energy));
  }
  const nearIdentity = (rows: number): Float32Array =>
    normals(random, rows * channels, 0.01).map(
      (value, i) => value + (i % channels === Math.floor(i / channels) ? 1 : 0),
    );
  return build({ inputs: { x: ['float', [1, 3, size, size]] } })
    .constant(tensorOf('find', 'float', [channels, 3, 3, 3], filters))
    .node('Conv', ['x', 'find'], 'a', {}, { name: 'find' })
    .relu('a', 'ra')
    .constant(tensorOf('mix', 'float', [channels, channels, 1, 1], nearIdentity(channels)))
    .node('Conv', ['ra', 'mix'], 'b', {}, { name: 'mix' })
    .relu('b', 'rb')
    .node('GlobalMaxPool', ['rb'], 'p')
    .node('Flatten', ['p'], 'f')
    .constant(tensorOf('head', 'float', [classes, channels], nearIdentity(classes)))
    .node('Gemm', ['f', 'head'], 'y', { transB: 1 }, { name: 'head' })
    .output('y')
    .bytes();
}

/** Images tiled with the patch of their class, and noise: the bytes of x.npy, and labels as a plain list. */
export function templateImages(count: number): { readonly images: Uint8Array; readonly labels: string } {
  const found = patches();
  const values = normals(seeded(43), count * 3 * size * size, 0.3);
  const labels = Array.from({ length: count }, (_, index) => index % classes);
  labels.forEach((label, index) => {
    for (let c = 0; c < 3; c++) {
      for (let p = 0; p < size * size; p++) {
        const [row, column] = [Math.floor(p / size) % 3, (p % size) % 3];
        values[(index * 3 + c) * size * size + p]! += found[label * patch + c * 9 + row * 3 + column]!;
      }
    }
  });
  return { images: npyFloats([count, 3, size, size], [...values]), labels: `${labels.join('\n')}\n` };
}

/** Prune, recover, quantize: 64 samples to calibrate, the others to evaluate. */
export const composedRecipe = {
  name: 'prune, recover, int8',
  passes: [
    { pass: 'prune-channels', options: { sparsity: 0.5, target: 'macs', multipleOf: 4 } },
    { pass: 'recover' },
    { pass: 'quantize-static' },
  ],
  data: { source: 'x.npy', labels: 'labels.txt', samples: 64 },
  evaluate: { data: { source: 'x.npy', labels: 'labels.txt', skip: 64 } },
};
