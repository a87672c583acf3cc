import type { TidegateEvent } from '../../../../control-plane/domain/events.js';
import { definition, documentOf, POOL, poolSettings, story } from '../../../support/domain.js';
import { A, founded } from '../../../support/fleet-story.js';

describe('a host that follows its fleet', () => {
  it('records each event with who did it, where it stands there, and what it follows from here', () => {
    const { host, leader } = founded();
    const document = documentOf(poolSettings(), [definition('a'), definition('b')]);
    const before = host.world.state.seq;
    const { generation } = host.backend('a');
    const events = host.when({
      type: 'FollowFleet',
      events: leader({ type: 'ApplyConfig', file: 'f', sha256: 's', document }),
    });
    const [applied] = events;
    expect(applied).toMatchObject({
      type: 'ConfigApplied',
      seq: before + 1,
      actor: { kind: 'api', name: 'alice' },
      cause: { command: 'ApplyConfig' },
      fleet: { epoch: 9, seq: before, at: 5, command: generation + 2 },
    });
    expect(events.find(({ type }) => type === 'BackendAdded')?.cause.event).toBe(applied?.seq);
  });

  it('keeps its own verdicts, and draws its own conclusions from new settings', () => {
    const { host, leader } = founded();
    expect(host.backend('a').health).toBe('healthy');
    host.when({
      type: 'FollowFleet',
      events: leader({
        type: 'ChangeBackend',
        pool: POOL,
        backend: A,
        changes: { weight: 7 },
        expectedVersion: null,
      }),
    });
    expect(host.backend('a')).toMatchObject({ weight: 7, health: 'healthy' });
  });

  it('passes over what it has already, and refuses a gap', () => {
    const { host, leader } = founded();
    const first = leader({ type: 'TakeLead', epoch: 11, host: 'one', incarnation: 'i', version: '1' });
    const second = leader({ type: 'RecordHostJoined', host: 'two', incarnation: 'i', version: '1' });
    expect(host.send({ type: 'FollowFleet', events: second }).kind).toBe('rejected');
    expect(host.when({ type: 'FollowFleet', events: [...first, ...second] })).toHaveLength(2);
    expect(host.when({ type: 'FollowFleet', events: [...first, ...second] })).toHaveLength(0);
    expect(host.world.state.fleet?.hosts).toEqual([{ host: 'two', incarnation: 'i', version: '1' }]);
  });

  it('refuses verdicts on backends from elsewhere, and events before it belongs to a fleet', () => {
    const { host, leader } = founded();
    const [event] = leader({ type: 'TakeLead', epoch: 11, host: 'one', incarnation: 'i', version: '1' });
    const foreign = { ...event, type: 'PanicLeft', data: { ready: 1, ejected: 0 } } as TidegateEvent;
    expect(host.send({ type: 'FollowFleet', events: [foreign] }).kind).toBe('rejected');
    expect(story().send({ type: 'FollowFleet', events: event === undefined ? [] : [event] }).kind).toBe(
      'rejected',
    );
  });
});
