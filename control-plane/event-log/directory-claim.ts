/**
 * Gives one process the name of a data directory, whatever becomes of the directory. The lock file within it
 * (`sqlite-file.ts`) holds for all processes that see the same files. But it goes with the files when they are deleted or
 * moved, and a process that makes them anew would get a lock of its own. The claim is a listening socket in Linux's abstract namespace:
 * it has no file that could be removed, no child inherits it, and the kernel drops it with the process.
 *
 * A name says where something is only to those who have the same root: containers may share a network, and with it this
 * namespace, while each has a directory of that name of its own.
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

/** Fails with EventLogError `in-use` where another process has it. Without an abstract namespace there is only the lock. */
export async function claimDirectory(dataDir: string, root = '/'): Promise<DirectoryClaim> {
  if (process.platform !== 'linux') return { release: () => undefined };
  const server = createServer((socket) => {
    socket.on('error', () => undefined); // Nobody has anything to say here.
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

/** The one name of a directory that may not be there (yet, or any more). */
export function placeOf(dataDir: string): string {
  const path = resolve(dataDir);
  try {
    return realpathSync(path);
  } catch {
    // Not there: then where it would be made. Without its parent it cannot be, and any name will do.
    return path === dirname(path) ? path : join(placeOf(dirname(path)), basename(path));
  }
}
