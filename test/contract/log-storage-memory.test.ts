import type { LogStorage } from '../../control-plane/event-log/log-storage.js';
import { createMemoryStorage } from '../../control-plane/event-log/memory-storage.js';
import { logStorageContracts } from './log-storage.contract.js';

describe('in memory', () => {
  let log: LogStorage;
  logStorageContracts({
    open: async () => (log = createMemoryStorage()),
    reopen: async () => log,
    close: async () => log.close(),
  });
});
