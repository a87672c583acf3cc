import { existsSync, rmSync } from 'node:fs';
import { claimDirectory } from '../../control-plane/event-log/directory-claim.js';
import { useTempDirs } from '../support/temp-dir.js';

// Elsewhere there is no claim, only the lock.
const describeOnLinux = existsSync('/proc/self/stat') ? describe : describe.skip;

describeOnLinux('the claim of a directory', () => {
  const tempDir = useTempDirs();

  it('is had by one at a time, also when the directory is gone', async () => {
    const dataDir = tempDir();
    const first = await claimDirectory(dataDir);
    await expect(claimDirectory(dataDir)).rejects.toMatchObject({ kind: 'in-use' });
    rmSync(dataDir, { recursive: true });
    await expect(claimDirectory(dataDir)).rejects.toMatchObject({ kind: 'in-use' });
    first.release();
    (await claimDirectory(dataDir)).release();
  });

  it('leaves the same name to who has another root, as containers on one network have', async () => {
    const [dataDir, root] = [tempDir(), tempDir()];
    const ours = await claimDirectory(dataDir);
    const theirs = await claimDirectory(dataDir, root);
    ours.release();
    theirs.release();
  });
});
