import type { TidegateEvent } from '../../../../control-plane/domain/events.js';
import type { EventQuery } from '../../../../control-plane/event-log/event-log.js';
import { createMemoryStorage } from '../../../../control-plane/event-log/memory-storage.js';
import { answer } from '../../../../control-plane/hindsight/questions.js';
import { sampleEvent, weightChanged } from '../../../support/sample-events.js';
import { HOST } from '../../../support/workers.js';

function untold(seq: number, host: string): TidegateEvent {
  return sampleEvent(seq, 'HostIncidentsUntold', { host, count: 1, number: seq });
}

/** Events 1 to 9; 2 to 7 are of the fleet about workers of this host, but for 4, which is of another. */
async function shown(query: Omit<EventQuery, 'order'> & Partial<EventQuery>): Promise<readonly number[]> {
  const log = createMemoryStorage();
  const events = Array.from({ length: 9 }, (_, index) => {
    const seq = index + 1;
    if (seq === 4) return untold(seq, 'lb-2');
    return seq >= 2 && seq <= 7 ? untold(seq, HOST) : weightChanged(seq);
  });
  await log.append(0, { events, entries: [] });
  const teller = { host: HOST, inFleet: true };
  const told = await answer(log, { kind: 'events', teller, query: { order: 'forward', ...query } });
  return told.kind === 'events' ? told.events.map(({ seq }) => seq) : [];
}

describe('events that a host shows', () => {
  it('are not those of the fleet about its own workers, and pages are full without them', async () => {
    expect(await shown({ limit: 100 })).toEqual([1, 4, 8, 9]);
    expect(await shown({ limit: 3 })).toEqual([1, 4, 8]);
    expect(await shown({ limit: 3, order: 'backward' })).toEqual([9, 8, 4]);
    expect(await shown({ limit: 2, after: 4 })).toEqual([8, 9]);
    expect(await shown({ limit: 2, upTo: 7, order: 'backward' })).toEqual([4, 1]);
  });

  it('are all of a type that is asked for', async () => {
    expect(await shown({ limit: 3, types: ['HostIncidentsUntold'] })).toEqual([2, 3, 4]);
  });
});
