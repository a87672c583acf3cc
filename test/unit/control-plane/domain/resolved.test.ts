import { explain, askedStateIn } from '../../../../control-plane/domain/why.js';
import { sentenceOf } from '../../../../control-plane/domain/event-sentence.js';
import { isoTime } from '../../../../control-plane/domain/iso-time.js';
import { restoreState, serializeState } from '../../../../control-plane/domain/serialize.js';
import { backendId } from '../../../../shared/ids.js';
import {
  definition,
  documentOf,
  healthCheck,
  only,
  POOL,
  poolSettings,
  storyOf,
  typesOf,
  type Story,
} from '../../../support/domain.js';
import { HOST } from '../../../support/workers.js';

const OLD = '10.0.0.3';
const NEW = '10.0.0.7';

function story(): Story {
  const told = storyOf(documentOf(poolSettings({ healthCheck: healthCheck() }), [definition('web-2')]));
  told.check('web-2', true);
  return told;
}
function checked(told: Story, ...resolved: readonly string[]) {
  return told.check('web-2', true, { resolved, address: resolved[0] ?? '' });
}
function used(told: Story, worker: number, ...resolved: readonly string[]) {
  return told.report('web-2', { successes: 1, resolved }, worker);
}
function headline(told: Story, at = told.at): string {
  const question = { pool: POOL, backend: backendId('web-2'), at };
  const story = { events: told.events, total: told.events.length, host: HOST };
  return explain(question, story, askedStateIn(told.world.state, question)).headline;
}

describe('what the name of a backend stands for', () => {
  it('is an event, the first time and when it has another address, for checks and traffic each', () => {
    const told = story();
    expect(only(checked(told, OLD), 'BackendResolved').data).toEqual({ by: 'checks', from: [], to: [OLD] });
    expect(only(used(told, 1, OLD), 'BackendResolved').data).toEqual({ by: 'traffic', from: [], to: [OLD] });
    const moved = only(checked(told, NEW), 'BackendResolved');
    expect(moved.data).toEqual({ by: 'checks', from: [OLD], to: [NEW] });
    expect(sentenceOf(moved, HOST)).toBe(`health checks go to ${NEW} (before ${OLD})`);
  });

  it('is one event, however many workers see it', () => {
    const told = story();
    expect(typesOf(used(told, 1, OLD))).toEqual(['BackendResolved']);
    expect(used(told, 2, OLD)).toEqual([]);
  });

  it('is no event when one of its addresses is gone', () => {
    const told = story();
    checked(told, OLD, NEW);
    expect(checked(told, NEW)).toEqual([]);
  });

  it('does not move the version that operators write against', () => {
    const told = story();
    const { version } = told.pool();
    checked(told, OLD);
    expect(told.pool().version).toBe(version);
  });

  it('survives a restart, and is forgotten with the backend', () => {
    const told = story();
    checked(told, OLD);
    const { state } = told.world;
    expect(restoreState(serializeState(state))).toEqual(state);
    told.when({ type: 'RemoveBackend', pool: POOL, backend: backendId('web-2'), expectedVersion: null });
    told.when({ type: 'AddBackend', pool: POOL, backend: definition('web-2'), expectedVersion: null });
    expect(told.backend('web-2').resolved).toBeUndefined();
  });

  it('is not said by `why` while it has not changed', () => {
    const told = story();
    checked(told, OLD);
    used(told, 1, OLD);
    expect(headline(told)).not.toContain(OLD);
  });

  it('is said by `why` when it has: where it is, where it was, and until when connections may stay there', () => {
    const told = story();
    checked(told, OLD);
    used(told, 1, OLD);
    told.at += 60_000;
    checked(told, NEW);
    const since = isoTime(told.at);
    told.at += 1_000;
    used(told, 1, NEW);
    const until = isoTime(told.at + 1.2 * 300_000);
    expect(headline(told)).toContain(`web-2 resolves to ${NEW} since ${since} (before ${OLD})`);
    expect(headline(told)).toContain(`Connections made before are kept until ${until} at the latest`);
    expect(headline(told, told.at + 3_600_000)).not.toContain('Connections made before');
  });

  it('is said of checks and traffic apart while they differ', () => {
    const told = story();
    used(told, 1, OLD);
    const since = isoTime(told.at);
    checked(told, OLD);
    told.at += 60_000;
    checked(told, NEW);
    expect(headline(told)).toContain(
      `health checks go to ${NEW} since ${isoTime(told.at)} (before ${OLD}); new connections of traffic go to ${OLD} since ${since}`,
    );
  });

  it('is said of traffic alone where there are no checks', () => {
    const told = storyOf(documentOf(poolSettings(), [definition('web-2')]));
    used(told, 1, OLD);
    used(told, 1, NEW);
    expect(headline(told)).toContain(`new connections of traffic go to ${NEW}`);
    expect(headline(told)).not.toContain('health checks');
  });

  it('is part of the evidence: which address a check went to', () => {
    const told = story();
    for (let failed = 0; failed < 3; failed += 1) {
      told.check('web-2', false, { address: NEW, status: 503, durationMs: 12 });
    }
    expect(headline(told)).toContain(`503 after 12 ms at ${NEW}`);
  });
});
