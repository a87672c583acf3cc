/** A control loop in virtual time, over a log that can be told to fail, with all that it told others. */
import type { CommandBody, CommandDraft } from '../../control-plane/domain/commands.js';
import type { TidegateEvent } from '../../control-plane/domain/events.js';
import type { EventLogError } from '../../control-plane/event-log/event-log.js';
import { ControlLoop } from '../../control-plane/runtime/control-loop.js';
import { poolId, backendId } from '../../shared/ids.js';
import type { PoolSettings } from '../../shared/settings.js';
import { definition, documentOf, POOL, START } from './domain.js';
import { FailingLog } from './failing-log.js';
import { silence } from './silence.js';
import { VirtualTime } from './virtual-time.js';

export interface RunningLoop {
  readonly loop: ControlLoop;
  readonly store: FailingLog;
  readonly time: VirtualTime;
  /** The events of each call of `changed`. */
  readonly told: (readonly TidegateEvent[])[];
  readonly fatal: EventLogError[];
  readonly dropped: CommandDraft[];
  /** What the store told its listener. */
  readonly storeSaid: string[];
  /** Messages of warnings and errors. */
  readonly logged: string[];
  pass(ms: number): Promise<void>;
}

export async function openLoop(
  store = new FailingLog(),
  time = new VirtualTime(START),
): Promise<RunningLoop> {
  const told: (readonly TidegateEvent[])[] = [];
  const fatal: EventLogError[] = [];
  const dropped: CommandDraft[] = [];
  const storeSaid: string[] = [];
  const logged: string[] = [];
  let seed = 0;
  const loop = await ControlLoop.open({
    log: store.log,
    clock: time,
    timers: time,
    seed: () => (seed += 1),
    logger: {
      ...silence,
      warn: (_about, text) => logged.push(text),
      error: (_about, text) => logged.push(text),
    },
    changed: (_world, events) => told.push(events),
    fatal: (error) => fatal.push(error),
    dropped: (draft) => dropped.push(draft),
    store: {
      failed: (kind) => storeSaid.push(kind),
      recovered: () => storeSaid.push('recovered'),
      entriesLost: (count) => storeSaid.push(`${count} entries lost`),
    },
  });
  const pass = (ms: number): Promise<void> => time.pass(ms, () => undefined);
  return { loop, store, time, told, fatal, dropped, storeSaid, logged, pass };
}

/** As `openLoop`, with a primary started and a pool `default` of the backends a and b. */
export async function openServing(settings: PoolSettings): Promise<RunningLoop> {
  const running = await openLoop();
  const document = documentOf(settings, [definition('a'), definition('b')]);
  await running.loop.submit(draftOf({ type: 'StartPrimary', version: '1', pid: 1 }));
  await running.loop.submit(draftOf({ type: 'ApplyConfig', file: 'tidegate.yaml', sha256: 'x', document }));
  return running;
}

export function draftOf(body: CommandBody): CommandDraft {
  return { ...body, actor: { kind: 'api', name: 'test' } };
}

export function weightDraft(weight: number, backend = 'a'): CommandDraft {
  const of = { pool: POOL, backend: backendId(backend) };
  return draftOf({ type: 'ChangeBackend', ...of, changes: { weight }, expectedVersion: null });
}

export function checkDraft(running: RunningLoop, passed: boolean, backend = 'a'): CommandDraft {
  const id = backendId(backend);
  const generation = running.loop.world.state.pools.get(POOL)?.backends.get(id)?.generation ?? 0;
  const result = { at: running.time.now(), passed, durationMs: 1 };
  return draftOf({ type: 'RecordHealthCheck', pool: poolId('default'), backend: id, generation, result });
}
