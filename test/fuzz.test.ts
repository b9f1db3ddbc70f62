import assert from 'node:assert/strict';
import { temporaryFolder } from './support/folder';
import { fuzzCase, surviveCase } from './support/fuzzCase';
import { fuzzModels } from './support/fuzzModels';
import { mutations } from './support/mutate';

/** A small share of `npm run fuzz`; LAPIDARY_FUZZ_ROUNDS asks for more. */
const rounds = Number(process.env.LAPIDARY_FUZZ_ROUNDS ?? 300);

describe('damaged models', () => {
  const path = temporaryFolder();

  it('thirty models to damage, all of them sound', async () => {
    const models = fuzzModels();
    assert.equal(models.size, 30);
    for (const [model, bytes] of models) {
      // The one with everything has types that no text can be written for.
      const expected = model === 'everything' ? 'unsupported' : 'ok';
      assert.equal(await surviveCase({ model, mutation: 'none', bytes }, path('sound')), expected, model);
    }
  });

  it('fail with a typed error or not at all, whatever is done to them', async () => {
    const models = fuzzModels();
    const outcomes = new Map<string, number>();
    for (let index = 0; index < rounds; index++) {
      const damaged = fuzzCase(models, index);
      const start = process.cpuUsage();
      const outcome = await surviveCase(damaged, path('round'), index).catch((thrown: unknown) => {
        throw new Error(`Case ${index}, ${damaged.mutation} of ${damaged.model}`, { cause: thrown });
      });
      const { user, system } = process.cpuUsage(start);
      assert.ok(user + system < 2e6, `case ${index} took ${(user + system) / 1e6} s`);
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
    // Damage that never shows, or always, would test nothing.
    assert.ok((outcomes.get('ok') ?? 0) > rounds / 20 && outcomes.size >= 3, JSON.stringify([...outcomes]));
  });

  it('are damaged in the same way in every run', () => {
    const models = fuzzModels();
    const kinds = Object.keys(mutations).length;
    for (let index = 0; index < models.size * kinds; index += 7) {
      assert.deepEqual(fuzzCase(models, index), fuzzCase(fuzzModels(), index));
    }
  });
});
