import type { JournalEntry } from '../../../../control-plane/domain/journal.js';
import { upcastJournalEntry, withPermitNumbers } from '../../../../control-plane/domain/upcast-journal.js';
import { commandEntry } from '../../../support/sample-events.js';

function segment(epoch: number, nextPermit: number): JournalEntry {
  return {
    kind: 'segment',
    at: 1,
    epoch,
    seq: 9,
    observations: { pools: [], workers: [], nextPermit },
  };
}

describe('a journal of the first release', () => {
  it('begins a process with the number of the first permit of its epoch', () => {
    expect(withPermitNumbers(segment(2, 1))).toEqual(segment(2, 3_000_000_001));
  });

  it('goes on with the number that it had reached', () => {
    expect(withPermitNumbers(segment(2, 2_000_000_007))).toEqual(segment(2, 2_000_000_007));
  });

  it('gives its workers names', () => {
    const stored = { kind: 'command', at: 1, command: { type: 'RecordWorkerReady', worker: 2 } };
    expect(upcastJournalEntry(stored)).toEqual({
      ...stored,
      command: { type: 'RecordWorkerReady', worker: { host: '', n: 2 } },
    });
  });

  it('has commands as they are', () => {
    expect(withPermitNumbers(commandEntry(1, 2))).toEqual(commandEntry(1, 2));
  });
});
