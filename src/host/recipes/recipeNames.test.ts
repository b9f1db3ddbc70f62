import assert from 'node:assert/strict';
import { recipeStem, recipeSuffix } from './recipeNames';

describe('host/recipes/recipeNames', () => {
  it('takes the name of the file', () => {
    assert.equal(recipeStem('small.lapidary.json'), 'small');
    assert.equal(recipeStem('.lapidary.json'), 'recipe');
  });

  it('does not repeat the name of the model', () => {
    assert.equal(recipeSuffix('small.lapidary.json', 'model.onnx'), 'small');
    assert.equal(recipeSuffix('model.w8.lapidary.json', 'model.onnx'), 'w8');
    assert.equal(recipeSuffix('model.w8.lapidary.json', 'other.onnx'), 'model.w8');
    assert.equal(recipeSuffix('model.lapidary.json', 'model.onnx'), 'model');
  });
});
