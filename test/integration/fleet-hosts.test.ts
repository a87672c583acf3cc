import { MAX_HOSTS } from '../../control-plane/domain/fleet-standing.js';
import type { WorkerIncident } from '../../control-plane/domain/worker-incident.js';
import { fleetOf } from '../../control-plane/domain/fleet-state.js';
import { type FleetStore } from '../../control-plane/fleet/fleet-store.js';
import type { FleetOutcome } from '../../control-plane/fleet/fleet-submit.js';
import { FLEET_TIMES } from '../../control-plane/fleet/fleet-times.js';
import { OTHER_SECRET, OTHER_SECRET_REPLACED } from '../../control-plane/fleet/leadership.js';
import { backendId } from '../../shared/ids.js';
import { Chance } from '../simulation/chance.js';
import { definition, documentOf, healthCheck, POOL, poolSettings, START } from '../support/domain.js';
import type { LogStorage } from '../../control-plane/event-log/log-storage.js';
import { createMemoryStorage } from '../../control-plane/event-log/memory-storage.js';
import { type HostDeps, HostProcess } from '../support/fleet/host-process.js';
import type { ModelFleetStore } from '../support/fleet/model-fleet-store.js';
import { StoreNetwork } from '../support/fleet/store-network.js';
import { silence } from '../support/silence.js';
import { VirtualTime } from '../support/virtual-time.js';

const DOCUMENT = documentOf(poolSettings(), [definition('a'), definition('b')]);
const BEAT = { number: 1, beat: '{}', cold: '' };
/** What clocks of hosts are ahead of that of the store. */
const AHEAD_MS = 3_600_000;
const APPLY = { type: 'ApplyConfig', file: 'tidegate.yaml', sha256: 'one', document: DOCUMENT } as const;

/** What one append to a slow log takes. */
const SLOW_MS = 300;

function weight(to: number) {
  const of = { pool: POOL, backend: backendId('a') };
  return { type: 'ChangeBackend', ...of, changes: { weight: to }, expectedVersion: null } as const;
}

class Fleet {
  readonly time = new VirtualTime(START);
  readonly chance = new Chance(7);
  readonly secret = 'of all hosts';
  readonly network = new StoreNetwork({ time: this.time, chance: this.chance, callMs: FLEET_TIMES.callMs });
  readonly hosts: HostProcess[] = [];

  /** A host that has not joined yet. */
  start(name: string, over: Partial<HostDeps> = {}, log?: LogStorage): Promise<HostProcess> {
    const { time, chance, network } = this;
    return HostProcess.start(name, { time, chance, network, secret: this.secret, ...over }, log);
  }

  async add(name: string, over: Partial<HostDeps> = {}): Promise<HostProcess> {
    const host = await this.start(name, over);
    host.join();
    this.hosts.push(host);
    return host;
  }

  pass(ms: number): Promise<void> {
    return this.time.pass(ms, () => undefined);
  }

  /** Lets time pass until the promise is settled. */
  async settled<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false;
    const done = promise.finally(() => (isSettled = true));
    for (let i = 0; i < 1_000 && !isSettled; i += 1) await this.pass(20);
    if (!isSettled) throw new Error('nothing came of it within 20 s');
    return done;
  }

  write(host: HostProcess, body: Parameters<HostProcess['write']>[0]): Promise<FleetOutcome> {
    return this.settled(host.write(body));
  }

  get leaders(): readonly string[] {
    return this.hosts.filter(({ leads }) => leads).map(({ name }) => name);
  }
}

/** Two hosts with `DOCUMENT` in force. */
async function fleetOfTwo(over: Partial<HostDeps> = {}) {
  const fleet = new Fleet();
  const one = await fleet.add('one', over);
  const two = await fleet.add('two', over);
  await fleet.pass(4_000);
  expect(await fleet.write(one, APPLY)).toMatchObject({ kind: 'accepted' });
  await fleet.pass(100);
  return { fleet, one, two };
}

function weightOn(host: HostProcess): number | undefined {
  return host.loop.world.state.pools.get(POOL)?.backends.get(backendId('a'))?.weight;
}

describe('hosts that share a store', () => {
  it('have one leader, one configuration and one history', async () => {
    const { fleet, one, two } = await fleetOfTwo();
    expect(fleet.leaders).toHaveLength(1);
    expect(fleetOf(two.loop.world.state)).toEqual(fleetOf(one.loop.world.state));
    expect(two.loop.world.state.fleet?.hosts.map(({ host }) => host).toSorted()).toEqual(['one', 'two']);
    for (const host of [one, two]) expect(host.node.mode.kind).toBe('following');
  });

  it.each([-3_600_000, 3_600_000])(
    'have the time of the store, founded by a host whose clock is %d ms ahead',
    async (clockAheadMs) => {
      const fleet = new Fleet();
      const one = await fleet.add('one', { clockAheadMs });
      await fleet.pass(4_000);
      const two = await fleet.add('two');
      await fleet.write(one, APPLY);
      await fleet.pass(2_000);
      for (const host of [one, two]) {
        const { fleet: standing } = host.loop.world.state;
        expect(standing?.hosts).toHaveLength(2);
        expect(standing?.at).toBeGreaterThan(START);
        expect(standing?.at).toBeLessThanOrEqual(fleet.time.now());
      }
    },
  );

  it('take a write on any of them, in force there when it is answered and everywhere soon after', async () => {
    const { fleet, one, two } = await fleetOfTwo();
    for (const [index, host] of [one, two].entries()) {
      expect(await fleet.write(host, weight(10 + index))).toEqual({ kind: 'accepted', events: 1 });
      expect(weightOn(host)).toBe(10 + index);
      await fleet.pass(100);
      expect([weightOn(one), weightOn(two)]).toEqual([10 + index, 10 + index]);
    }
    const version = one.loop.world.state.pools.get(POOL)?.version;
    expect(two.loop.world.state.pools.get(POOL)?.version).toBe(version);
    const stale = { ...weight(5), expectedVersion: (version ?? 0) - 1 };
    expect(await fleet.write(two, stale)).toMatchObject({
      kind: 'rejected',
      rejection: { code: 'version_conflict' },
    });
  });

  it('have another leader soon after theirs was killed, with all that was acknowledged', async () => {
    const { fleet, one, two } = await fleetOfTwo();
    const [leader, other] = one.leads ? [one, two] : [two, one];
    await fleet.write(other, weight(33));
    leader.kill();
    fleet.hosts.splice(fleet.hosts.indexOf(leader), 1);
    await fleet.pass(2 * FLEET_TIMES.leaseMs);
    expect(fleet.leaders).toEqual([other.name]);
    expect(weightOn(other)).toBe(33);
    expect(await fleet.write(other, weight(34))).toMatchObject({ kind: 'accepted' });
    const again = await fleet.start(leader.name, {}, leader.log);
    again.join();
    await fleet.pass(8_000);
    expect(weightOn(again)).toBe(34);
    expect(fleetOf(again.loop.world.state)).toEqual(fleetOf(other.loop.world.state));
  });

  it('have in their log what happened to workers of each of them once, under whatever leader', async () => {
    const incidents: WorkerIncident[] = [];
    const die = (number: number): void => {
      const at = fleet.time.now() + AHEAD_MS;
      incidents.push({ kind: 'exited', number, at, n: number, pid: 7, reason: 'signal SIGKILL' });
    };
    const over = { clockAheadMs: AHEAD_MS };
    const { fleet, one, two } = await fleetOfTwo(over);
    const three = await fleet.add('three', { ...over, candidate: false, incidents: () => incidents });
    await fleet.pass(4_000);
    const [leader, other] = one.leads ? [one, two] : [two, one];
    const told = (host: HostProcess) =>
      host.events.flatMap((event) =>
        event.type === 'HostWorkerExited' ? [[event.data.host, event.data.number]] : [],
      );
    const diedAt = fleet.time.now();
    die(1);
    await fleet.pass(4_000);
    for (const host of fleet.hosts) expect(told(host)).toEqual([['three', 1]]);
    const times = other.events.flatMap((event) =>
      event.type === 'HostWorkerExited' ? [event.data.happenedAt - diedAt] : [],
    );
    expect(times).toEqual([expect.closeTo(0, -3)]);
    leader.kill();
    fleet.hosts.splice(fleet.hosts.indexOf(leader), 1);
    die(2);
    await fleet.pass(15_000);
    expect(fleet.leaders).toEqual([other.name]);
    for (const host of [other, three]) expect(told(host)).toEqual([1, 2].map((n) => ['three', n]));
  });

  it('hand over at once when the leader stops', async () => {
    const { fleet, one, two } = await fleetOfTwo();
    const [leader, other] = one.leads ? [one, two] : [two, one];
    await fleet.settled(leader.node.stop());
    fleet.hosts.splice(fleet.hosts.indexOf(leader), 1);
    await fleet.pass(700);
    expect(fleet.leaders).toEqual([other.name]);
  });

  it('go on by themselves without the store, refuse writes, and follow again', async () => {
    const { fleet, one, two } = await fleetOfTwo();
    fleet.network.server.isUp = false;
    await fleet.pass(12_000);
    for (const host of [one, two]) {
      expect(host.node.mode).toEqual({ kind: 'autonomous', why: 'no-answer' });
      expect(await fleet.write(host, weight(2))).toMatchObject({ kind: 'read-only' });
    }
    fleet.network.server.isUp = true;
    await fleet.pass(12_000);
    expect(fleet.leaders).toHaveLength(1);
    expect(await fleet.write(two, weight(3))).toMatchObject({ kind: 'accepted' });
    const told = two.events.filter(({ type }) => type === 'HostWasAutonomous');
    expect(told).toHaveLength(2);
  });

  it('put back what the store has lost', async () => {
    const { fleet, one, two } = await fleetOfTwo();
    await fleet.write(one, weight(44));
    await fleet.pass(100);
    fleet.network.server.flush();
    await fleet.pass(15_000);
    expect(fleet.leaders).toHaveLength(1);
    expect([weightOn(one), weightOn(two)]).toEqual([44, 44]);
    expect(await fleet.write(two, weight(45))).toMatchObject({ kind: 'accepted' });
    await fleet.pass(100);
    expect([weightOn(one), weightOn(two)]).toEqual([45, 45]);
    expect(one.events.filter(({ type }) => type === 'HistoryLost')).toHaveLength(1);
    expect(fleet.network.server.store.shareSecret('another')).toBe(fleet.secret);
  });

  it('have their secret again where a new host was faster with another', async () => {
    const lines: string[] = [];
    const warn = (_fields: object, message: string): void => void lines.push(message);
    const { fleet } = await fleetOfTwo({ logger: { ...silence, warn } });
    fleet.network.server.flush();
    expect(fleet.network.server.store.shareSecret('of a new host')).toBe('of a new host');
    await fleet.pass(15_000);
    expect(fleet.network.server.store.shareSecret('another')).toBe(fleet.secret);
    expect(lines).toContain(OTHER_SECRET_REPLACED);
  });

  it('tell when a leader has another secret than the fleet', async () => {
    const lines: string[] = [];
    const warn = (_fields: object, message: string): void => void lines.push(message);
    const { fleet, one, two } = await fleetOfTwo({ logger: { ...silence, warn } });
    const { server } = fleet.network;
    server.state = { ...server.state, secret: 'of the others' };
    const [leader] = one.leads ? [one] : [two];
    await fleet.settled(leader.node.stop());
    fleet.hosts.splice(fleet.hosts.indexOf(leader), 1);
    await fleet.pass(2_000);
    expect(fleet.leaders).toHaveLength(1);
    expect(server.store.shareSecret('another')).toBe('of the others');
    expect(lines).toContain(OTHER_SECRET);
  });

  it('have each event that the store has lost, as long as one of them knows it', async () => {
    const { fleet, one, two } = await fleetOfTwo();
    const [leader, other] = one.leads ? [one, two] : [two, one];
    const told = other.events.length;
    other.store.link.isCut = true;
    for (let to = 20; to < 23; to += 1) await fleet.write(leader, weight(to));
    fleet.network.server.flush();
    other.store.link.isCut = false;
    await fleet.pass(15_000);
    expect(fleet.leaders).toHaveLength(1);
    const news = other.events.slice(told);
    expect(news.map(({ type }) => type)).not.toContain('FleetAdopted');
    const weights = news.flatMap((event) =>
      event.type === 'BackendSettingsChanged' ? [event.data.to.weight] : [],
    );
    expect(weights).toEqual([20, 21, 22]);
    expect(news.filter(({ type }) => type === 'HistoryLost')).toHaveLength(1);
    expect(fleetOf(other.loop.world.state)).toEqual(fleetOf(leader.loop.world.state));
  });

  it('give up a history that others went on without, and have all backends all the while', async () => {
    const seen = new Set<number>();
    const { fleet, one, two } = await fleetOfTwo({
      changed: ({ state }) => seen.add(state.pools.get(POOL)?.backends.size ?? 0),
    });
    const [leader, other] = one.leads ? [one, two] : [two, one];
    fleet.network.failover(0, 0, new Set([leader.store.link]));
    for (let to = 20; to < 25; to += 1) await fleet.write(leader, weight(to));
    leader.store.link.isCut = true;
    // Before it has stored a snapshot of its own: the one that there is knows no backends.
    for (let i = 0; i < 100 && !other.leads; i += 1) await fleet.pass(100);
    expect(await fleet.write(other, weight(3))).toMatchObject({ kind: 'accepted' });
    const told = leader.events.length;
    seen.clear();
    leader.store.link.isCut = false;
    fleet.network.reunite();
    await fleet.pass(3_000);
    expect(weightOn(leader)).toBe(3);
    expect(leader.events.slice(told).map(({ type }) => type)).toContain('FleetAdopted');
    expect([...seen]).toEqual([2]);
    expect(fleetOf(leader.loop.world.state)).toEqual(fleetOf(other.loop.world.state));
  });

  it('are shown by any of them, each with where it stands and what it does not use', async () => {
    const { fleet, one, two } = await fleetOfTwo();
    const document = documentOf(poolSettings({ healthCheck: healthCheck() }), [definition('a')]);
    await fleet.write(one, { ...APPLY, sha256: 'two', document });
    await fleet.pass(100);
    const { generation } = two.loop.world.state.pools.get(POOL)!.backends.get(backendId('a'))!;
    const failed = { at: fleet.time.now(), passed: false, durationMs: 1, error: 'refused' };
    const backend = { pool: POOL, backend: backendId('a'), generation };
    for (let i = 0; i < 3; i += 1) {
      const actor = { kind: 'health-check' } as const;
      await two.loop.submit({ type: 'RecordHealthCheck', ...backend, result: failed, actor });
    }
    await fleet.pass(2_000);
    for (const host of [one, two]) {
      const { isAsked, hosts } = await fleet.settled(host.node.hosts());
      expect(isAsked).toBe(true);
      expect(hosts.map((view) => [view.host, view.isSelf, view.leads, view.isLive, view.isAtHead])).toEqual([
        ['one', host === one, one.leads, true, true],
        ['two', host === two, two.leads, true, true],
      ]);
      expect(hosts.map(({ report }) => report?.out)).toEqual([
        [],
        [expect.objectContaining({ backend: 'a', availability: 'unhealthy' })],
      ]);
    }
    const [leader, other] = one.leads ? [one, two] : [two, one];
    expect(leader.node.watched()?.hosts.map(({ host }) => host)).toEqual(['one', 'two']);
    expect(other.node.watched()).toBe(null);
    expect(leader.node.status().clockAheadMs).not.toBe(null);

    fleet.network.server.isUp = false;
    await fleet.pass(1_000);
    const { isAsked, hosts } = await fleet.settled(other.node.hosts());
    expect(isAsked).toBe(false);
    expect(hosts.map(({ host, isLive }) => [host, isLive])).toEqual(
      ['one', 'two'].map((name) => [name, name === other.name]),
    );
  });

  it('go on without one that is one too many, which joins as soon as there is room', async () => {
    const { fleet, one, two } = await fleetOfTwo();
    const others = Array.from({ length: MAX_HOSTS - 2 }, (_, n) => `other-${n}`);
    /** The others beat, and time passes. */
    const live = async (seconds: number): Promise<void> => {
      for (let passed = 0; passed < seconds; passed += 1) {
        const { server } = fleet.network;
        const beats = others.map(
          (name) => [name, { ...BEAT, incarnation: name, heardAt: server.now() }] as const,
        );
        server.state = { ...server.state, hosts: new Map([...server.state.hosts, ...beats]) };
        await fleet.pass(1_000);
      }
    };
    await live(1);
    const three = await fleet.start('three');
    const started = three.node.start();
    await live(10);
    expect(await started).toBe('ok');
    expect(three.node.status()).toMatchObject({
      mode: { kind: 'autonomous', why: 'refused' },
      problem: expect.stringContaining(`${MAX_HOSTS} live hosts`),
    });
    expect(await fleet.write(one, weight(9))).toMatchObject({ kind: 'accepted' });
    expect([weightOn(two), weightOn(three)]).toEqual([9, undefined]);
    expect(three.node.status().problem).toContain(`${MAX_HOSTS} live hosts`);

    others.pop();
    await live(8);
    expect(three.node.status()).toMatchObject({ mode: { kind: 'following' }, problem: null });
    expect(weightOn(three)).toBe(9);
  });

  it('found the fleet with what the first of them had before', async () => {
    const fleet = new Fleet();
    const one = await fleet.start('one');
    await one.loop.submit({ ...APPLY, actor: { kind: 'file' } });
    one.join();
    await fleet.pass(4_000);
    const two = await fleet.add('two');
    await fleet.pass(3_000);
    expect(weightOn(two)).toBe(1);
    expect(fleetOf(two.loop.world.state)).toEqual(fleetOf(one.loop.world.state));
  });

  it('have the configuration of one founder where another could not store its own', async () => {
    const fleet = new Fleet();
    const unable = (store: ModelFleetStore): ModelFleetStore => {
      store.restore = () => Promise.resolve({ kind: 'unavailable', reason: 'lost on the way' });
      return store;
    };
    const one = await fleet.start('one', { seenStore: unable });
    const two = await fleet.start('two', { candidate: false });
    for (const [index, host] of [one, two].entries()) {
      await host.loop.submit({ ...APPLY, actor: { kind: 'file' } });
      await host.loop.submit({ ...weight(20 + index), actor: { kind: 'api' } });
    }
    one.join();
    await fleet.pass(4_000);
    const again = await fleet.start('two', {}, two.log);
    again.join();
    fleet.hosts.push(one, again);
    await fleet.pass(20_000);
    expect(fleet.leaders).toEqual(['two']);
    expect([weightOn(one), weightOn(again)]).toEqual([21, 21]);
    expect(fleetOf(one.loop.world.state)).toEqual(fleetOf(again.loop.world.state));
  });

  it('answer each other when a server took over that had lost answers and has a clock that is behind', async () => {
    const { fleet, one, two } = await fleetOfTwo();
    const [leader, other] = one.leads ? [one, two] : [two, one];
    const stale = { ...weight(5), expectedVersion: 0 };
    const { server } = fleet.network;
    const { lastId } = server.state.inbox;
    expect(await fleet.write(other, stale)).toMatchObject({ kind: 'rejected' });
    const lags = [1, 2, 3, 4, 5, 6];
    const lag = lags.find((writes) => server.replica(writes, 0).state.inbox.lastId === lastId);
    fleet.network.failover(lag ?? 0, 0);
    expect(fleet.network.server.state.inbox.lastId).toBe(lastId);
    expect(await fleet.write(leader, weight(6))).toMatchObject({ kind: 'accepted' });
    fleet.network.server.stepClock(-3_600_000);
    await fleet.pass(15_000);
    expect(fleet.leaders).toHaveLength(1);
    for (const host of [one, two]) {
      expect(await fleet.write(host, weight(7))).toMatchObject({ kind: 'accepted' });
    }
  });
});

it('a host that left its fleet and comes back gives up what it decided alone', async () => {
  const { fleet, one, two } = await fleetOfTwo();
  await fleet.settled(two.node.stop());
  await fleet.pass(2 * FLEET_TIMES.leaseMs);
  const actor = { kind: 'primary' } as const;
  await two.loop.submit({ type: 'StartPrimary', version: '1', pid: 2, alone: true, actor });
  const document = documentOf(poolSettings(), [definition('c')]);
  await two.loop.submit({ ...APPLY, sha256: 'two', document, actor });
  expect(two.loop.world.state.fleet).toBeNull();
  await fleet.settled(two.loop.close());
  const again = await fleet.start('two', {}, two.log);
  again.join();
  await fleet.pass(4_000);
  expect(again.node.mode.kind).toBe('following');
  expect(fleetOf(again.loop.world.state)).toEqual(fleetOf(one.loop.world.state));
});

it('a write on a host that has left its fleet is refused at once', async () => {
  const { fleet, one, two } = await fleetOfTwo();
  const other = one.leads ? two : one;
  await fleet.settled(other.node.stop());
  expect(await fleet.write(other, weight(3))).toMatchObject({ kind: 'read-only' });
});

it('a write that is done, and that its host cannot follow to, is not told to be in force there', async () => {
  const fleet = new Fleet();
  let isDeaf = false;
  const deaf = (store: ModelFleetStore): FleetStore =>
    new Proxy(store, {
      get: (target, name) =>
        name === 'head' && isDeaf
          ? async () => ({ kind: 'unavailable', reason: 'Redis is not there' })
          : bound(Reflect.get(target, name, target), target),
    });
  const one = await fleet.add('one');
  const two = await fleet.add('two', { candidate: false, seenStore: deaf });
  await fleet.pass(4_000);
  await fleet.write(one, APPLY);
  await fleet.pass(100);
  isDeaf = true;
  const outcome = await fleet.write(two, weight(77));
  expect([weightOn(one), weightOn(two)]).toEqual([77, 1]);
  expect(outcome).toEqual({ kind: 'unknown', nonce: expect.any(String) });
  const nonce = outcome.kind === 'unknown' ? (outcome.nonce ?? '') : '';
  expect(await fleet.settled(two.node.findWrite(nonce))).toMatchObject({ kind: 'accepted' });
});

it('another host leads where the begin of a term fails by a bug', async () => {
  const fleet = new Fleet();
  const buggy = (store: ModelFleetStore): FleetStore =>
    new Proxy(store, {
      get: (target, name) =>
        name === 'restore'
          ? () => Promise.reject(new Error('a bug'))
          : bound(Reflect.get(target, name, target), target),
    });
  const one = await fleet.add('one', { seenStore: buggy });
  await fleet.pass(4_000);
  expect(one.leads).toBe(false);
  await fleet.add('two');
  await fleet.pass(FLEET_TIMES.leaseMs + FLEET_TIMES.standWaitMs + FLEET_TIMES.beatEveryMs);
  expect(fleet.leaders).toEqual(['two']);
});

it('a leader whose own log is slow goes on to take writes', async () => {
  const fleet = new Fleet();
  const slow = createMemoryStorage();
  const storage = new Proxy(slow, {
    get: (target, name) => {
      if (name !== 'append') return bound(Reflect.get(target, name, target), target);
      return async (...given: Parameters<LogStorage['append']>) => {
        await new Promise<void>((resolve) => void fleet.time.after(SLOW_MS, resolve));
        return target.append(...given);
      };
    },
  });
  const leader = await fleet.settled(fleet.start('one', {}, storage));
  leader.join();
  await fleet.pass(5_000);
  expect(await fleet.write(leader, APPLY)).toMatchObject({ kind: 'accepted' });
  for (let written = 2; fleet.time.now() < START + 60_000; written += 1) {
    // Two at a time, so that the next append is always under way before this host has the last.
    const two = [leader.write(weight(written)), leader.write(weight(written + 500))];
    expect(await fleet.settled(Promise.all(two))).toMatchObject([{ kind: 'accepted' }, { kind: 'accepted' }]);
  }
});

function bound(value: unknown, to: object): unknown {
  return typeof value === 'function' ? (value.bind(to) as unknown) : value;
}
