import assert from 'node:assert/strict';
import { matrixOf, multiplyHere } from '../../../test/support/matrices';
import { matrix, product } from '../../numerics/linear/matrix';
import { Random } from '../../numerics/random';
import { removalScores } from './reconstruction';

describe('pass/prune/reconstruction', () => {
  it('lets go first what others can stand in for, and keeps the last of twins', async () => {
    const random = new Random(2);
    // Channel 1 repeats channel 0; channel 2 is hardly read; 3 to 5 are needed.
    const x = matrix(6, 400);
    for (let i = 0; i < 400; i++) {
      for (const c of [0, 2, 3, 4, 5]) x.data[c * 400 + i] = random.normal();
      x.data[400 + i] = x.data[i]! + 0.01 * random.normal();
    }
    const weights = matrixOf(3, 6, random.normals(18));
    for (let row = 0; row < 3; row++) weights.data[row * 6 + 2]! *= 0.05;
    const gram = product(x, x, { transposeB: true });
    const columns = Array.from({ length: 6 }, (_, channel) => [channel]);
    const scores = await removalScores([{ weights, gram, columns }], 6, multiplyHere);
    const order = [...scores.keys()].sort((a, b) => scores[a]! - scores[b]!);
    assert.ok(order.slice(0, 2).includes(2), String(order));
    assert.ok(order[0] === 0 || order[0] === 1 || order[1] === 0 || order[1] === 1, String(order));
    const twins = [scores[0]!, scores[1]!].sort((a, b) => a - b);
    assert.ok(twins[1]! > 100 * twins[0]!, 'the second of two twins costs what both gave');
  });

  it('scores by the exact error of refitting, where channels are single columns', async () => {
    const random = new Random(5);
    const x = matrixOf(4, 300, random.normals(1200));
    const gram = product(x, x, { transposeB: true });
    const weights = matrixOf(2, 4, random.normals(8));
    const columns = [[0, 1], [2], [3]];
    const scores = await removalScores([{ weights, gram, columns }], 3, multiplyHere);
    // The cheapest goes first; its score is what it adds: at most its own share of the output.
    const share = (channel: readonly number[]): number => {
      const own = matrix(
        2,
        4,
        weights.data.map((value, i) => (channel.includes(i % 4) ? value : 0)),
      );
      const energyOf = (w: typeof own): number => {
        const seen = product(w, gram);
        return w.data.reduce((sum, value, i) => sum + value * seen.data[i]!, 0);
      };
      return energyOf(own) / energyOf(weights);
    };
    const first = scores.indexOf(Math.min(...scores));
    assert.ok(scores[first]! > 0 && scores[first]! <= share(columns[first]!) + 1e-9);
  });
});
