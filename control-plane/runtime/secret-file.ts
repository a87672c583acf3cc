/** Writes a secret into a file that only its owner may read. */
import { type FileHandle, open, rename, rm } from 'node:fs/promises';

/** Under another name first, so that a crash or a full disk leaves no half of a secret behind. Rejects as the file system does. */
export async function writeSecretFile(path: string, line: string): Promise<void> {
  const made = `${path}.new`;
  try {
    await rm(made, { force: true });
    const file = await open(made, 'wx', 0o600);
    await writeAndClose(file, `${line}\n`);
    await rename(made, path);
  } catch (error) {
    await rm(made, { force: true }).catch(() => undefined); // Most probably the disk is why, and that is told.
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
