import { founded } from '../../../support/fleet-story.js';

describe('what a leader says of hosts', () => {
  it('tells a process once, and nothing of a host that is not there', () => {
    const { leader } = founded();
    const joined = { type: 'RecordHostJoined', host: 'two', incarnation: 'i', version: '1' } as const;
    expect(leader(joined)).toHaveLength(1);
    expect(leader(joined)).toHaveLength(0);
    expect(leader({ type: 'RecordHostLeft', host: 'two', reason: 'silent' })).toHaveLength(1);
    expect(leader({ type: 'RecordHostLeft', host: 'two', reason: 'silent' })).toHaveLength(0);
  });
});
