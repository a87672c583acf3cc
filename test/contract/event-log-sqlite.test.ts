import { rmSync } from 'node:fs';
import { upcast } from '../../control-plane/domain/upcast.js';
import { openSqliteEventLog } from '../../control-plane/event-log/sqlite-event-log.js';
import { useTempDirs } from '../support/temp-dir.js';
import { eventLogContract } from './event-log.contract.js';

describe('the event log on disk', () => {
  const tempDir = useTempDirs();
  let dataDir = '';
  eventLogContract({
    open: async () => {
      dataDir = tempDir();
      return openSqliteEventLog(dataDir, upcast);
    },
    reopen: async (log) => {
      await log.close();
      return openSqliteEventLog(dataDir, upcast);
    },
    lose: async () => rmSync(dataDir, { recursive: true }),
  });
});
