/** A long life of a pool whose backends become unhealthy and healthy again, written to an event log as it happens. */
import type { LogStorage } from '../../control-plane/event-log/log-storage.js';
import { backendId } from '../../shared/ids.js';
import {
  breaker,
  definition,
  documentOf,
  healthCheck,
  POOL,
  poolSettings,
  storyOf,
  type Story,
} from './domain.js';

const SETTINGS = poolSettings({ breaker: breaker(), healthCheck: healthCheck() });
/** Events appended at once, and after how many a checkpoint is made. */
const BATCH_EVENTS = 2_000;
const STEP_MS = 250;
/** Every so many rounds somebody changes settings, so that the pool itself has events, too. */
const ROUNDS_PER_SETTING = 50;

export interface LongHistoryOptions {
  readonly events: number;
  readonly backends: number;
  /** How many of them are never checked again after their start: theirs is a short history. */
  readonly quiet: number;
}

/** Answers the story as it stands at its end. */
export async function writeLongHistory(log: LogStorage, options: LongHistoryOptions): Promise<Story> {
  const names = Array.from({ length: options.backends }, (_, i) => `b${i}`);
  const told = storyOf(
    documentOf(
      SETTINGS,
      names.map((name) => definition(name)),
    ),
  );
  for (const name of names) told.check(name, true);
  let stored = 0;
  const store = async (): Promise<void> => {
    const events = told.events.splice(0);
    told.commands.length = 0;
    await log.events.append(stored, events);
    stored += events.length;
    await log.checkpoints.save(told.world.state);
  };
  for (let round = 0; told.world.state.seq < options.events; round += 1) {
    liveOn(told, names.slice(options.quiet), round);
    if (told.events.length >= BATCH_EVENTS) await store();
  }
  await store();
  return told;
}

/** One event of each backend. */
function liveOn(told: Story, names: readonly string[], round: number): void {
  const fails = round % 2 === 0;
  for (const name of names) {
    told.at += STEP_MS;
    for (let count = 0; count < (fails ? 3 : 2); count += 1) told.check(name, !fails);
  }
  if (round % ROUNDS_PER_SETTING !== 0) return;
  const algorithm = round % (2 * ROUNDS_PER_SETTING) === 0 ? 'random' : 'round-robin';
  told.when({ type: 'ChangePool', pool: POOL, settings: { ...SETTINGS, algorithm }, expectedVersion: null });
}

/** Something more that happens, in the same way: a change of a backend's weight. */
export function changeWeight(told: Story, name: string, weight: number): void {
  told.at += STEP_MS;
  told.when({
    type: 'ChangeBackend',
    pool: POOL,
    backend: backendId(name),
    changes: { weight },
    expectedVersion: null,
  });
}
