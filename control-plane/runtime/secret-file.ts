/** Writes a secret into a file that only its owner may read. */
import { type FileHandle, open, rename, rm } from 'node:fs/promises';

/**
 * Writes `line` to a temporary file and renames it, so that a crash or a full disk never leaves half a secret. Rejects with
 * the error of the file system.
 */
export async function writeSecretFile(path: string, line: string): Promise<void> {
  const made = `${path}.new`;
  try {
    await rm(made, { force: true });
    const file = await open(made, 'wx', 0o600);
    await writeAndClose(file, `${line}\n`);
    await rename(made, path);
  } catch (error) {
    await rm(made, { force: true }).catch(() => undefined); // The first error is the one to report.
    throw error;
  }
}

async function writeAndClose(file: FileHandle, text: string): Promise<void> {
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}
