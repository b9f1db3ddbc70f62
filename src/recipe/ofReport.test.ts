import assert from 'node:assert/strict';
import path from 'node:path';
import { recipeOfReport } from './ofReport';
import { parseRecipe } from './parse';
import { recipeText } from './write';

describe('recipe/ofReport', () => {
  const folder = path.resolve('/project');
  const file = path.join(folder, 'models/net.int8.lapidary.json');
  const steps = [{ pass: 'quantize-static', options: { method: 'mse' } }];

  it('keeps passes, data and gates, and means the same where it is read', () => {
    const data = { source: path.join(folder, 'data/images'), labels: path.join(folder, 'labels.tsv'), samples: 16 };
    const gates = [{ gate: 'minSqnrDb', wanted: 20, measured: 24, passed: true }] as const;
    const recipe = recipeOfReport({ steps, data, gates }, file);
    assert.deepEqual(recipe.data, { source: '../data/images', labels: '../labels.tsv', samples: 16 });
    assert.deepEqual(parseRecipe(recipeText(recipe), file), { passes: steps, data, gates: { minSqnrDb: 20 } });
  });

  it('says nothing of what was not there, and leaves words alone', () => {
    assert.deepEqual(recipeOfReport({ steps }, file), { passes: steps });
    const data = { source: 'random', labels: 'folders' };
    assert.deepEqual(recipeOfReport({ steps, data, gates: [] }, file).data, data);
  });
});
