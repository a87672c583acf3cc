import { completedEvent, EVENTS } from '../../../../control-plane/domain/events.js';
import {
  completedState,
  serializedState,
  serializeState,
} from '../../../../control-plane/domain/serialize.js';
import { defaultsOf } from '../../../../shared/settings/complete.js';
import { retry } from '../../../../shared/settings/forwarding.js';
import { pool } from '../../../../shared/settings/pool.js';
import type { Route } from '../../../../shared/settings.js';
import { definition, documentOf, forwarding, poolSettings, POOL, storyOf } from '../../../support/domain.js';
import { sampleEvent } from '../../../support/sample-events.js';

/** Settings of a release that knew nothing of queues and stale connections. */
function ofAnOlderRelease() {
  const { queue: _queue, ...settings } = poolSettings({ algorithm: 'random', sticky: null });
  const { onStale: _onStale, ...oldRetry } = forwarding().retry;
  return {
    settings: settings as typeof settings & { queue: never },
    forwarding: { ...forwarding(), retry: oldRetry as typeof oldRetry & { onStale: never } },
  };
}

describe('settings that an older release stored', () => {
  it('get the defaults of what that release did not know', () => {
    const old = ofAnOlderRelease();
    const added = completedEvent(sampleEvent(1, 'PoolAdded', { settings: old.settings }, { pool: POOL }));
    expect(added.data.settings).toEqual({ ...old.settings, queue: defaultsOf(pool).queue });
    const changed = completedEvent(sampleEvent(2, 'ForwardingChanged', { forwarding: old.forwarding }));
    expect(changed.data.forwarding.retry).toEqual({
      ...old.forwarding.retry,
      onStale: defaultsOf(retry).onStale,
    });
  });

  it('get the defaults of routes, too, whose settings none has to have but a pool', () => {
    const routes = [{ pool: POOL }] as unknown as readonly Route[];
    const changed = sampleEvent(1, 'RoutesChanged', { routes });
    expect(EVENTS.RoutesChanged.data.problem(changed.data, '')).toBeNull();
    const whole = [{ host: null, pathPrefix: '/', pool: POOL }];
    expect(completedEvent(changed).data.routes).toEqual(whole);
    const { world } = storyOf(documentOf(poolSettings(), []));
    const state = { ...serializeState(world.state), routes };
    expect(serializedState.problem(state, '')).toBeNull();
    expect(completedState(state).routes).toEqual(whole);
  });

  it('keep all that was said', () => {
    const { world } = storyOf(documentOf(poolSettings(), [definition('a', { weight: 7 })]));
    const state = serializeState(world.state);
    expect(completedState(state)).toEqual(state);
  });
});
