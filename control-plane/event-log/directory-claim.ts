/**
 * Reserves the path of a data directory for one process, even if the directory is deleted. The lock file in the directory
 * (`sqlite-file.ts`) excludes all processes that see the same files. But the lock file can be deleted or moved with the
 * directory, and a process that creates the directory anew would get its own lock. The claim is a listening socket in the
 * abstract namespace of Linux. It has no file that could be removed, no child inherits it, and the kernel drops it when the
 * process ends.
 *
 * The name of the socket includes the root directory of the process. Containers may share a network and thereby this
 * namespace, but the same path leads to different directories in them.
 */
import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { createServer } from 'node:net';
import { basename, dirname, join, resolve } from 'node:path';
import { inUse, isCoded, unavailable } from './sqlite-errors.js';
import { identityOf } from './sqlite-place.js';

export interface DirectoryClaim {
  release(): void;
}

/**
 * Claims a directory. Rejects with EventLogError `in-use` if another process has claimed it. On systems without an abstract
 * namespace, only the lock file protects the directory.
 */
export async function claimDirectory(dataDir: string, root = '/'): Promise<DirectoryClaim> {
  if (process.platform !== 'linux') return { release: () => undefined };
  const server = createServer((socket) => {
    socket.on('error', () => undefined); // Clients have no reason to connect. Their errors do not matter.
    socket.destroy();
  });
  const { promise, resolve: listening, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen({ path: claimName(dataDir, root) }, listening);
  try {
    await promise;
  } catch (error) {
    if (isCoded(error) && error.code === 'EADDRINUSE') throw inUse(dataDir);
    throw unavailable(dataDir, 'it cannot be claimed for this process', error);
  }
  server.unref();
  return { release: () => void server.close() };
}

function claimName(dataDir: string, root: string): string {
  const { dev, ino } = identityOf(root) ?? { dev: 0, ino: 0 };
  const name = `${dev}:${ino}:${placeOf(dataDir)}`;
  return `\0tidegate/${createHash('sha256').update(name).digest('hex')}`;
}

/** The canonical path of a directory that may not exist (yet, or any more). */
export function placeOf(dataDir: string): string {
  const path = resolve(dataDir);
  try {
    return realpathSync(path);
  } catch {
    // The directory does not exist. Use the path where it would be created. If its parent does not exist either, it cannot
    // be created, so any name will do.
    return path === dirname(path) ? path : join(placeOf(dirname(path)), basename(path));
  }
}
