/**
 * What a worker whose primary died does with the socket that all workers share: it offers it to the next primary, on a
 * Unix socket in the data directory, so that no connection is lost while that takes over.
 */
import { rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { LISTENER_FD, giveListener, handoverPath } from '#shared/platform/handover.js';
import type { Logger } from '#shared/ports.js';

/** Each costs a process for a moment. There is one that asks. */
const MAX_ASKING = 4;
/** Only the user that both run as may connect. */
const OWNER_ONLY = 0o177;

/** Answers the function that takes the offer back. */
export function offerListener(directory: string, pid: number, logger: Logger): () => void {
  const path = handoverPath(directory, pid);
  if (path === null) {
    logger.warn({ directory }, 'the name is too long for a socket: the listener cannot be handed over');
    return () => undefined;
  }
  const server = createServer({ pauseOnConnect: true }, (connection) => {
    connection.on('error', () => undefined);
    const helper = giveListener(connection, LISTENER_FD);
    helper.on('error', (error) => logger.error({ error: error.message }, 'listener not handed over'));
    helper.on('exit', () => connection.destroy());
  });
  server.maxConnections = MAX_ASKING;
  server.on('error', (error) => logger.error({ error: error.message, path }, 'listener not offered'));
  rmSync(path, { force: true });
  const before = process.umask(OWNER_ONLY);
  // Exclusive: else node would ask the primary for it.
  server.listen({ path, exclusive: true });
  process.umask(before);
  return () => server.close();
}
