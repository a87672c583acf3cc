import { createMemoryEventLog } from '../../control-plane/event-log/memory-event-log.js';
import { eventLogContract } from './event-log.contract.js';

describe('the event log in memory', () => {
  eventLogContract({ open: async () => createMemoryEventLog() });
});
