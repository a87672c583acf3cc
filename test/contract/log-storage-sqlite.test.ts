import { rmSync } from 'node:fs';
import { upcast } from '../../control-plane/domain/upcast.js';
import type { LogStorage } from '../../control-plane/event-log/log-storage.js';
import { openSqliteStorage } from '../../control-plane/event-log/sqlite-storage.js';
import { useTempDirs } from '../support/temp-dir.js';
import { logStorageContracts } from './log-storage.contract.js';

describe('in a file', () => {
  const tempDir = useTempDirs();
  let dataDir = '';
  let log: LogStorage;
  const open = async (): Promise<LogStorage> => (log = await openSqliteStorage(dataDir, upcast));
  logStorageContracts({
    open: () => {
      dataDir = tempDir();
      return open();
    },
    reopen: async () => {
      await log.close();
      return open();
    },
    close: async () => log.close(),
    lose: async () => rmSync(dataDir, { recursive: true }),
  });
});
