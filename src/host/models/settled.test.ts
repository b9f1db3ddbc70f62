import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { SettledFiles } from './settled';

describe('host/models/settled', () => {
  const states = new Map<string, number>();
  let told: (readonly string[])[];
  let files: SettledFiles;
  beforeEach(() => {
    states.clear();
    told = [];
    files = new SettledFiles(
      (file) => String(states.get(file)),
      (each) => told.push(each),
      20,
    );
  });
  afterEach(() => files.dispose());

  const write = (file: string): void => void states.set(file, (states.get(file) ?? 0) + 1);

  it('tells once of a burst', async () => {
    for (let event = 0; event < 5; event++) {
      write('a');
      files.note('a');
      files.note('b');
      await pause(2);
    }
    await pause(80);
    assert.deepEqual(told, [['a', 'b']]);
  });

  it('waits for a file that goes on growing without a word, and not with the others', async () => {
    const writing = setInterval(() => write('large'), 5);
    files.note('large');
    files.note('small');
    await pause(120);
    assert.deepEqual(told, [['small']]);
    clearInterval(writing);
    await pause(120);
    assert.deepEqual(told, [['small'], ['large']]);
  });

  it('tells nothing any more once it is disposed of', async () => {
    files.note('a');
    files.dispose();
    await pause(60);
    assert.deepEqual(told, []);
  });
});
