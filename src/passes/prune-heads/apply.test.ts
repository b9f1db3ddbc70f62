import assert from 'node:assert/strict';
import { join } from 'node:path';
import { gpt2, swin } from '../../../bench/models/modern';
import { vitB16 } from '../../../bench/models/transformers';
import { largestDifference, mask } from '../../../test/support/channels';
import { build } from '../../../test/support/models';
import { runPass, say } from '../../../test/support/runPass';
import { sharedFolder } from '../../../test/support/shared';
import { readModel } from '../../graph/fromOnnx';
import { type Model } from '../../graph/model';
import { findGroups } from '../../operators/groups/groups';
import { type PassResult } from '../../pass/result';
import { apply } from './apply';
import { declaration } from './declaration';

const pass = { declaration, apply };

/** Heads of each attention, in order. */
const headsOf = (model: Model): number[] =>
  findGroups(model)
    .groups.filter(({ kind, frozen }) => kind === 'heads' && !frozen)
    .map(({ channels }) => channels.length);

/** Prunes and checks that what is left computes what the original does without the heads that left. */
async function prune(
  model: Model,
  options: { sparsity?: number; scope?: 'global' | 'layer' } = {},
): Promise<PassResult> {
  const result = await runPass(pass, model, { options, idempotent: false });
  const pruned = result.model;
  const removed = new Set<number>();
  const { walk, groups } = findGroups(model);
  for (const [name, axes] of result.kept ?? []) {
    const value = [...walk.labels.keys()].find((each) => each.name === name)!;
    axes.forEach((kept, axis) => {
      const label = walk.labels.get(value)![axis];
      if (!kept || !label || label.inner * label.outer > 1 || label.ids.length > 64) return;
      const left = new Set([...kept].map((at) => walk.ids.find(label.ids[at]!)));
      for (const id of label.ids) if (!left.has(walk.ids.find(id))) removed.add(walk.ids.find(id));
    });
  }
  const heads = new Set(groups.filter(({ kind }) => kind === 'heads').flatMap(({ channels }) => channels));
  const gone = new Set([...removed].filter((root) => heads.has(root)));
  assert.ok(gone.size > 0, 'no head left');
  const pair = { masked: mask(model, gone), pruned, groups, removed: gone.size, kept: result.kept! };
  const difference = await largestDifference(pair, { batch: 2 });
  assert.ok(difference < 1e-4, `differs by ${difference}`);
  return result;
}

describe('passes/prune-heads', () => {
  it('takes heads out of separate query, key and value', async () => {
    const { model, changed, notes } = await prune(vitB16({}, 1));
    assert.deepEqual(headsOf(model), [9]);
    assert.deepEqual(notes, ['Removed 3 of 12 heads in 1 layer.']);
    assert.ok(changed.some(({ what }) => what === '768x768 → 768x576'));
    assert.ok(changed.some(({ what }) => what === '768x768 → 576x768'));
    for (const { removed } of changed) assert.deepEqual(removed, [{ unit: 'heads', before: 12, after: 9 }]);
  });

  it('takes heads out of packed query, key and value, of the same share in each layer', async () => {
    const { model } = await prune(gpt2(8, { width: 0.34, depth: 2 }), { sparsity: 0.5, scope: 'layer' });
    assert.deepEqual(headsOf(model), [2, 2]);
  });

  it('takes heads out of attention in windows, with their position biases', async () => {
    const { model } = await prune(swin({ size: 56, width: 1, depth: 2, stages: 1 }), { sparsity: 0.34 });
    const bias = [...model.graph.initializers].filter(([name]) => name.includes('position_bias'));
    assert.deepEqual(
      bias.map(([, value]) => value.constant!.shape[1]).reduce((sum, heads) => sum! + heads!, 0),
      4,
    );
  });

  it('says so where there are no heads', async () => {
    const builder = build({ inputs: { x: ['float', [1, 8]] } })
      .gemm('x', 'y', [8, 8])
      .output('y', 'float', [1, 8]);
    const { changed, notes } = await runPass(pass, builder.model());
    assert.deepEqual(changed, []);
    assert.match(notes[0]!, /no attention/);
  });

  const models = sharedFolder('heads of a trained transformer', 'models');
  if (models) {
    it('prunes a trained transformer in both its exports', async () => {
      for (const name of ['cifar_vit', 'cifar_vit_torchscript', 'bert_toy']) {
        const { notes } = await prune(readModel(join(models, `${name}.onnx`)));
        say(`${name}: ${notes[0]}`);
      }
    });
  }
});
