import assert from 'node:assert/strict';
import { existsSync, statSync } from 'node:fs';
import { makeTemporaryFolder, tellingOfFolders, withTemporaryFolder } from './temporaryFolder';

describe('runtime/temporaryFolder', () => {
  it('is there for its user alone, and gone afterwards, whatever happens', async () => {
    let made = '';
    const failing = withTemporaryFolder((folder) => {
      made = folder;
      if (process.platform !== 'win32') assert.equal(statSync(folder).mode & 0o777, 0o700);
      return Promise.reject(new Error('no'));
    });
    await assert.rejects(failing, /no/);
    assert.ok(made !== '' && !existsSync(made));
  });

  it('is announced before it is made and after it is gone, to every job in hand and to no other', async () => {
    const [heard, other, late]: [string, boolean, boolean][][] = [[], [], []];
    const hear =
      (list: [string, boolean, boolean][] | undefined) =>
      (path: string, exists: boolean): void =>
        void list?.push([path, exists, existsSync(path)]);
    const path = await tellingOfFolders(hear(heard), () =>
      tellingOfFolders(hear(other), async () => {
        const folder = await makeTemporaryFolder();
        await folder.remove();
        return folder.path;
      }),
    );
    await tellingOfFolders(hear(late), () => Promise.resolve());
    assert.deepEqual(heard, [
      [path, true, false],
      [path, false, false],
    ]);
    assert.deepEqual(other, heard);
    assert.deepEqual(late, []);
  });
});
