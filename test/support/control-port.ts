/** A control plane without processes: the real decisions and the real in-memory event log behind a ControlPort. */
import { wholeConfig, wholeConfigOf } from './whole-config.js';
import { parseConfig } from '../../control-plane/config/parse-config.js';
import type { CommandDraft } from '../../control-plane/domain/commands.js';
import type { TidegateEvent } from '../../control-plane/domain/events.js';
import type { LogStorage } from '../../control-plane/event-log/log-storage.js';
import { createMemoryStorage } from '../../control-plane/event-log/memory-storage.js';
import { NO_TAIL } from '../../control-plane/event-log/read-with-tail.js';
import { Hindsight } from '../../control-plane/hindsight/hindsight.js';
import type { CheckLag } from '../../control-plane/health-checks/punctuality.js';
import type { ControlPort, FleetPort, ReloadResult, StoreStatus } from '../../control-plane/control-port.js';
import type { SessionDirectory } from '../../control-plane/sessions/session-directory.js';
import type { RollStatus } from '../../control-plane/workers/roller.js';
import type { WorkerStatus } from '../../control-plane/workers/worker-status.js';
import type { ConfigDocument } from '../../shared/settings.js';
import { Story } from './domain.js';
import { HOST } from './workers.js';
import { noSessions } from './no-sessions.js';

export interface TestControl {
  readonly port: ControlPort;
  readonly log: LogStorage;
  readonly story: Story;
  /** Sends a command as some other part of the system would. Resolves when its events are stored and told. */
  send(draft: CommandDraft): Promise<readonly TidegateEvent[]>;
  /** What the port's surroundings answer; change it to arrange trouble. */
  readonly answers: {
    mailboxFull: boolean;
    ready: boolean;
    fileText: string;
    workers: WorkerStatus[];
    roll: RollStatus | null;
    submitError: Error | null;
    checkLag: CheckLag;
    certificateTrouble: string | null;
    restartNeeded: readonly string[];
    fileStanding: ReturnType<ControlPort['fileStanding']>;
    historyError: Error | null;
    storage: StoreStatus;
    /** Runs before each submitted command is decided: another client gets in between. */
    beforeSubmit: (() => Promise<void>) | null;
    sessions: SessionDirectory;
  };
  /** How many are following. */
  followers(): number;
}

export const CONFIG_FILE = '/etc/tidegate/tidegate.yaml';

export const CONFIG_TEXT = `
pools:
  web:
    backends:
      - { id: a, url: "http://10.0.0.1:8080" }
      - { id: b, url: "http://10.0.0.2:8080", weight: 3 }
    health_check: { interval: 10s, path: /health }
  api:
    backends:
      - { id: a, url: "http://[::1]:9000" }
routes:
  - { path_prefix: /api, pool: api }
  - { pool: web }
`;

export function configDocument(text: string): ConfigDocument {
  return wholeConfig(text, CONFIG_FILE, {}).document;
}

export function workerStatus(worker: number, over: Partial<WorkerStatus> = {}): WorkerStatus {
  return {
    worker,
    index: worker - 1,
    pid: 4_000 + worker,
    phase: 'ready',
    startedAt: 1_767_225_600_000,
    restarts: 0,
    applied: { epoch: 1, version: 7 },
    lastNack: null,
    lastHeardAt: 1_767_225_600_500,
    connections: 3,
    redisGuarded: null,
    ...over,
  };
}

export function rollStatus(over: Partial<RollStatus> = {}): RollStatus {
  return {
    state: 'running',
    cause: { kind: 'asked', by: 'eve (127.0.0.1)' },
    total: 2,
    replaced: 0,
    startedAt: 1_767_225_600_000,
    endedAt: null,
    problem: null,
    ...over,
  };
}

/**
 * A started primary with `CONFIG_TEXT` applied, two workers, and time standing still unless `story.at` is moved.
 *
 * @param fleet that it belongs to
 */
export async function testControl(fleet: FleetPort | null = null): Promise<TestControl> {
  const story = new Story();
  const log = createMemoryStorage();
  const listeners = new Set<(events: readonly TidegateEvent[]) => void>();
  const answers: TestControl['answers'] = {
    mailboxFull: false,
    ready: true,
    fileText: CONFIG_TEXT,
    workers: [workerStatus(1), workerStatus(2, { applied: { epoch: 1, version: 6 } })],
    roll: null,
    submitError: null,
    historyError: null,
    checkLag: { waiting: 0, lateMs: 0, behind: false },
    certificateTrouble: null,
    restartNeeded: [],
    fileStanding: 'in-force',
    storage: { ok: true, since: null, problem: null, unstoredEvents: 0, lostEvents: 0 },
    beforeSubmit: null,
    sessions: { ...noSessions, count: (pool) => (pool === 'web' ? 12 : 0) },
  };

  async function decideAndStore(draft: CommandDraft) {
    const before = story.world.state.seq;
    const decision = story.send(draft, { actor: draft.actor });
    if (decision.kind === 'accepted') {
      await log.events.append(before, decision.events);
      if (decision.events.length > 0) for (const listener of listeners) listener(decision.events);
    }
    return decision;
  }
  async function send(draft: CommandDraft): Promise<readonly TidegateEvent[]> {
    const decision = await decideAndStore(draft);
    if (decision.kind === 'rejected') throw new Error(decision.rejection.message);
    return decision.events;
  }
  const apply = (document: ConfigDocument) =>
    send({
      type: 'ApplyConfig',
      file: CONFIG_FILE,
      sha256: 'c0ffee',
      document,
      actor: { kind: 'file', name: CONFIG_FILE },
    });

  const hindsight = new Hindsight({
    teller: { host: HOST, inFleet: fleet !== null },
    log,
    world: () => story.world,
    tail: () => NO_TAIL,
    reader: null,
  });
  const port: ControlPort = {
    host: HOST,
    role: 'serve',
    version: '0.1.0',
    startedAt: 1_767_225_600_000,
    configFile: CONFIG_FILE,
    world: () => story.world,
    position: () => ({ epoch: 1, version: 7 }),
    workers: () => answers.workers,
    rolls: {
      begin: (by) => {
        if (answers.roll?.state === 'running') return 'under-way';
        if (answers.workers.length === 0) return 'no-worker';
        answers.roll = rollStatus({ cause: { kind: 'asked', by } });
        return null;
      },
      get status() {
        return answers.roll;
      },
    },
    activeRequests: (pool, backend) => (pool === 'web' && backend === 'a' ? 4 : 0),
    waitingRequests: (pool) => (pool === 'web' ? 2 : 0),
    checkLag: () => answers.checkLag,
    restartNeeded: () => answers.restartNeeded,
    certificateTrouble: () => answers.certificateTrouble,
    storage: () => answers.storage,
    sessions: answers.sessions,
    async submit(draft) {
      await answers.beforeSubmit?.();
      if (answers.submitError !== null) throw answers.submitError;
      if (answers.mailboxFull) return { kind: 'mailbox-full' };
      const decision = await decideAndStore(draft);
      return decision.kind === 'accepted' ? { kind: 'accepted', events: decision.events.length } : decision;
    },
    catchUp: async () => undefined,
    fileStanding: () => answers.fileStanding,
    fleet,
    log: log.events,
    history: {
      why: async (question) => {
        if (answers.historyError !== null) throw answers.historyError;
        return hindsight.why(question);
      },
      events: async (query) => {
        if (answers.historyError !== null) throw answers.historyError;
        return hindsight.events(query);
      },
    },
    follow(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async reloadConfig(): Promise<ReloadResult> {
      const parsed = parseConfig(answers.fileText, CONFIG_FILE, {});
      if (!parsed.ok) return { kind: 'invalid', problems: parsed.problems };
      const events = await apply(wholeConfigOf(parsed).document);
      return events.length === 0
        ? { kind: 'unchanged' }
        : { kind: 'applied', events: events.length, restartNeeded: [] };
    },
    async validateConfig(text) {
      const parsed = parseConfig(text, CONFIG_FILE, {});
      return parsed.ok ? [] : parsed.problems;
    },
    metrics: () =>
      Promise.resolve({ contentType: 'text/plain; version=0.0.4; charset=utf-8', body: 'tidegate_up 1\n' }),
    readiness: () =>
      answers.ready
        ? { ready: true, reason: '2 workers forward' }
        : { ready: false, reason: 'no worker forwards' },
  };

  await send({ type: 'StartPrimary', version: '0.1.0', pid: 1, actor: { kind: 'primary' } });
  await apply(configDocument(CONFIG_TEXT));
  return { port, log, story, send, answers, followers: () => listeners.size };
}
