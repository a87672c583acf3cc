/**
 * A process that appends to the event log of the directory given until it is killed. Prints the number of the last
 * event of each append that was acknowledged; on failure, the kind of the error, and ends.
 */
import { writeSync } from 'node:fs';
import { EventLogError } from '../../control-plane/event-log/event-log.js';
import { openSqliteEventLog } from '../../control-plane/event-log/sqlite-event-log.js';
import { commandEntry, segmentEntry, weightChanges } from './sample-events.js';

const [dataDir = '', most = '5'] = process.argv.slice(2);

try {
  const log = await openSqliteEventLog(dataDir);
  const { events, lastCommandId } = await log.recover();
  let seq = events.at(-1)?.seq ?? 0;
  let command = lastCommandId;
  await log.append(seq, [], [segmentEntry(seq, seq)]);
  for (;;) {
    const count = 1 + (seq % Number(most));
    command += 1;
    await log.append(seq, weightChanges(seq + 1, count), [commandEntry(command, seq)]);
    seq += count;
    writeSync(1, `${seq}\n`);
  }
} catch (error) {
  if (!(error instanceof EventLogError)) throw error;
  writeSync(1, `failed ${error.kind}: ${error.message}\n`);
}
