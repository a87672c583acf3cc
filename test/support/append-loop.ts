/**
 * A process that appends to the event log of the directory given until it is killed. Prints the number of the last
 * event of each append that was acknowledged; on failure, the kind of the error, and ends.
 */
import { writeSync } from 'node:fs';
import { EventLogError } from '../../control-plane/event-log/event-log.js';
import { recover } from '../../control-plane/event-log/recover.js';
import { openSqliteStorage } from '../../control-plane/event-log/sqlite-storage.js';
import { commandEntry, segmentEntry, weightChanges } from './sample-events.js';

const [dataDir = '', most = '5'] = process.argv.slice(2);

try {
  const log = await openSqliteStorage(dataDir);
  const { events, lastCommandId } = await recover(log);
  let seq = events.at(-1)?.seq ?? 0;
  let command = lastCommandId;
  await log.journal.append([segmentEntry(seq, seq)]);
  for (;;) {
    const count = 1 + (seq % Number(most));
    command += 1;
    await log.append(seq, { events: weightChanges(seq + 1, count), entries: [commandEntry(command, seq)] });
    seq += count;
    writeSync(1, `${seq}\n`);
  }
} catch (error) {
  if (!(error instanceof EventLogError)) throw error;
  writeSync(1, `failed ${error.kind}: ${error.message}\n`);
}
