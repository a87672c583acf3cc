/** Reads the configuration file and parses it. Everything that can go wrong is told as problems of the file. */
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { ConfigProblem } from '../runtime/control-port.js';
import type { Environment } from './environment.js';
import { type Config, MAX_CONFIG_BYTES, parseConfig } from './parse-config.js';

export type LoadResult =
  | {
      readonly ok: true;
      readonly config: Config;
      /** Of the file's bytes, lower-case hex. */
      readonly sha256: string;
      readonly text: string;
      readonly warnings: readonly ConfigProblem[];
    }
  | {
      readonly ok: false;
      /** `null`: the file could not be read. */
      readonly sha256: string | null;
      readonly problems: readonly ConfigProblem[];
    };

/** `file` may be relative to the working directory; problems name it as given. */
export async function loadConfig(file: string, env: Environment): Promise<LoadResult> {
  const content = await readBounded(file, MAX_CONFIG_BYTES + 1);
  if (typeof content === 'string') {
    return { ok: false, sha256: null, problems: [{ file, line: 1, col: 1, path: '', message: content }] };
  }
  const sha256 = sha256Of(content);
  const text = content.toString('utf8');
  const result = parseConfig(text, file, env);
  return result.ok ? { ...result, sha256, text } : { ...result, sha256 };
}

export function sha256Of(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/** The file's first bytes, or in words why there are none. */
async function readBounded(file: string, limit: number): Promise<Buffer | string> {
  try {
    const handle = await open(file, 'r');
    try {
      if ((await handle.stat()).isDirectory()) return READ_ERRORS['EISDIR'] ?? '';
      const chunks: Buffer[] = [];
      let length = 0;
      while (length < limit) {
        const { bytesRead, buffer } = await handle.read(Buffer.alloc(65_536), 0, 65_536);
        if (bytesRead === 0) break;
        chunks.push(buffer.subarray(0, bytesRead));
        length += bytesRead;
      }
      return Buffer.concat(chunks);
    } finally {
      await handle.close();
    }
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    return READ_ERRORS[code] ?? `the file cannot be read: ${message}`;
  }
}

const READ_ERRORS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file: a part of its path is not a directory',
  EISDIR: 'expected a file, but this is a directory',
  EACCES: 'the file may not be read by this user',
  EPERM: 'the file may not be read by this user',
  ELOOP: 'the file is a symbolic link that leads to itself',
};
