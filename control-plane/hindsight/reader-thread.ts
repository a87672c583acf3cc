/**
 * The program of the thread that answers questions about history. It reads through a read-only connection of its own,
 * so that the primary goes on deciding however much is read. It answers one question at a time, in the order of
 * arrival.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '#shared/assert.js';
import { messageOf } from '#shared/error-text.js';
import { upcast } from '../domain/upcast.js';
import { EventLogError } from '../event-log/event-log.js';
import { withTail } from '../event-log/read-with-tail.js';
import { SqliteReader } from '../event-log/sqlite-reader.js';
import { answer } from './questions.js';
import type { Answered, Ask, ReaderOptions } from './reader-messages.js';

assert(parentPort !== null, 'this program is a thread');
const port = parentPort;
// Not checked, because the primary that sends it is of the same build.
const { dataDir } = workerData as ReaderOptions;

async function answered({ id, question, storedSeq, tail }: Ask): Promise<Answered> {
  try {
    const log = SqliteReader.open(dataDir, storedSeq, upcast);
    try {
      return {
        id,
        ok: true,
        answer: await answer(
          withTail(log, () => ({ base: null, events: tail })),
          question,
        ),
      };
    } finally {
      log.close();
    }
  } catch (error) {
    const message = messageOf(error);
    return { id, ok: false, kind: error instanceof EventLogError ? error.kind : null, message };
  }
}

let last: Promise<void> = Promise.resolve();
port.on('message', (ask: Ask) => {
  last = last.then(async () => port.postMessage(await answered(ask)));
});
