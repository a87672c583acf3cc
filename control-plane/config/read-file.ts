/** Reads a small file whole, or says in words why it could not. */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

type ReadResult =
  | {
      readonly ok: true;
      readonly content: Buffer;
      readonly sha256: string;
      /** Type and permissions of the file, as in `st_mode` of stat(2). */
      readonly mode: number;
    }
  | { readonly ok: false; readonly message: string };

/**
 * Reads at most the first `limit` bytes. Never rejects. Refuses a pipe or a device, because it cannot be read again
 * when it changes.
 */
export async function readSmallFile(file: string, limit: number): Promise<ReadResult> {
  try {
    const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const status = await handle.stat();
      if (status.isDirectory()) return failed('EISDIR', '');
      if (!status.isFile()) return { ok: false, message: 'expected a regular file' };
      const chunks: Buffer[] = [];
      for (let length = 0; length < limit;) {
        const wanted = Math.min(65_536, limit - length);
        const { bytesRead, buffer } = await handle.read(Buffer.alloc(wanted), 0, wanted);
        if (bytesRead === 0) break;
        chunks.push(buffer.subarray(0, bytesRead));
        length += bytesRead;
      }
      const content = Buffer.concat(chunks);
      return { ok: true, content, sha256: sha256Of(content), mode: status.mode };
    } finally {
      await handle.close();
    }
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    return failed(code, message);
  }
}

/** SHA-256 in lower-case hex. */
export function sha256Of(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

function failed(code: string, message: string): ReadResult {
  return { ok: false, message: READ_ERRORS[code] ?? `the file cannot be read: ${message}` };
}

const READ_ERRORS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file: a part of its path is not a directory',
  EISDIR: 'expected a file, but this is a directory',
  EACCES: 'the file may not be read by this user',
  EPERM: 'the file may not be read by this user',
  ELOOP: 'the file is a symbolic link that leads to itself',
};
