import { Supervisor, type SupervisorListener } from '../../../../control-plane/workers/supervisor.js';
import type {
  WorkerHandle,
  WorkerProcessListener,
} from '../../../../control-plane/workers/worker-spawner.js';
import { PROTOCOL_VERSION, type PrimaryMessage, type Welcome } from '../../../../shared/message.js';
import { START } from '../../../support/domain.js';
import { silence } from '../../../support/silence.js';
import { VirtualTime } from '../../../support/virtual-time.js';

interface FakeProcess extends WorkerProcessListener {
  readonly sent: PrimaryMessage[];
  killed: boolean;
}

const HELLO = { type: 'hello', protocol: PROTOCOL_VERSION, pid: 1 };
const READY = { type: 'ready', port: 8080 };

function welcomeOf(worker: number, index: number): Welcome {
  return {
    type: 'welcome',
    protocol: PROTOCOL_VERSION,
    worker,
    index,
    listener: { host: '::', port: 8080, tls: false, h2: false, reusePort: false },
    engine: 'native',
    certificate: null,
    sessionKeys: [],
    sessions: { kind: 'primary' },
    log: { level: 'info', format: 'json' },
  };
}

/** A supervisor of processes that do only what they are told here. Workers are numbered from 1. */
function arranged(count = 1) {
  const time = new VirtualTime(START);
  const processes: FakeProcess[] = [];
  const told: string[] = [];
  const system = { refuses: false };
  const memory = new Map<number, number>();
  const spawn = (listener: WorkerProcessListener): WorkerHandle | null => {
    if (system.refuses) return null;
    const process: FakeProcess = { ...listener, sent: [], killed: false };
    processes.push(process);
    return {
      worker: processes.length,
      pid: 100 + processes.length,
      send: (message) => process.sent.push(message),
      kill: () => (process.killed = true),
      facts: () => null,
      memoryBytes: () => memory.get(processes.indexOf(process) + 1) ?? null,
    };
  };
  const listener: SupervisorListener = {
    started: (worker, pid) => told.push(`${worker} started as ${pid}`),
    welcomed: (worker) => told.push(`${worker} welcomed`),
    ready: (worker, port) => told.push(`${worker} ready on ${port}`),
    message: (worker, message) => told.push(`${worker} says ${message.type}`),
    exited: (worker, _pid, reason, expected) =>
      told.push(`${worker} ended: ${reason}${expected ? ', as asked' : ''}`),
    listenFailed: (worker, code) => told.push(`${worker} cannot listen: ${code}`),
  };
  const supervisor = new Supervisor(
    {
      spawner: { spawn },
      count,
      welcome: welcomeOf,
      shutdownMs: () => 5_000,
      memoryLimitBytes: 1_000,
      logger: silence,
      timers: time,
      random: () => 0.5,
      now: () => time.now(),
    },
    listener,
  );
  const process = (worker: number): FakeProcess => {
    const found = processes[worker - 1];
    if (found === undefined) throw new Error(`no worker ${worker} was started`);
    return found;
  };
  const pass = (ms: number): Promise<void> => time.pass(ms, () => undefined);
  const forwards = (worker: number): void => {
    process(worker).message(HELLO);
    process(worker).message(READY);
  };
  supervisor.start();
  return { supervisor, processes, process, told, system, memory, pass, forwards };
}

describe('a supervisor', () => {
  it('welcomes a worker with its number and its place, and counts it once it is ready', () => {
    const { supervisor, process, told } = arranged(2);
    process(2).message(HELLO);
    expect(process(2).sent).toEqual([welcomeOf(2, 1)]);
    expect(supervisor.ready).toEqual([]);
    process(2).message(READY);
    expect(supervisor.ready).toEqual([2]);
    expect(told).toEqual(['1 started as 101', '2 started as 102', '2 welcomed', '2 ready on 8080']);
  });

  it('starts another in the place of one that ended unasked', async () => {
    const { supervisor, process, told, pass, forwards } = arranged();
    forwards(1);
    process(1).exited('signal SIGSEGV');
    await pass(0);
    forwards(2);
    expect(supervisor.records).toMatchObject([{ index: 0, worker: 2, restarts: 1, phase: 'ready' }]);
    expect(told).toContain('1 ended: signal SIGSEGV');
  });

  it('hears nothing more of one that ended', async () => {
    const { process, told, pass } = arranged();
    process(1).exited('exit code 1');
    await pass(0);
    const before = [...told];
    process(1).message(HELLO);
    process(1).exited('exit code 1');
    expect(told).toEqual(before);
  });

  it('tries again where the system has no process to give', async () => {
    const { supervisor, process, system, pass } = arranged();
    system.refuses = true;
    process(1).exited('signal SIGKILL');
    await pass(0);
    expect(supervisor.records).toMatchObject([{ phase: 'backing-off' }]);
    system.refuses = false;
    await pass(60_000);
    expect(supervisor.records).toMatchObject([{ worker: 2 }]);
  });

  it.each<[string, (process: FakeProcess) => void, string]>([
    ['speaks another protocol', (one) => one.message({ ...HELLO, protocol: 0 }), 'speaks protocol 0'],
    [
      'cannot listen',
      (one) => one.message({ type: 'listen-failed', code: 'EACCES', message: 'no' }),
      'EACCES',
    ],
    [
      'says what cannot be read, time and again',
      (one) => {
        for (let i = 0; i < 10; i += 1) one.message({ type: 'nonsense' });
      },
      'unreadable messages',
    ],
  ])('ends a worker that %s', (_name, act, reason) => {
    const { process, told } = arranged();
    act(process(1));
    expect(process(1).killed).toBe(true);
    process(1).exited('signal SIGKILL');
    expect(told.at(-1)).toContain(reason);
  });

  it('ends a worker that is not ready in time, or answers no heartbeat', async () => {
    const late = arranged();
    late.process(1).message(HELLO);
    await late.pass(30_000);
    expect(late.process(1).killed).toBe(true);
    const mute = arranged();
    mute.forwards(1);
    await mute.pass(5_000);
    expect(mute.process(1).killed).toBe(true);
  });

  it('leaves a worker alone that answers its heartbeats', async () => {
    const { process, pass, forwards } = arranged();
    forwards(1);
    for (let second = 0; second < 20; second += 1) {
      await pass(1_000);
      process(1).message({ type: 'flushed', id: 0 });
    }
    expect(process(1).killed).toBe(false);
  });

  it('stops: all are asked, those that are left past the deadline are ended, and nobody is started again', async () => {
    const { supervisor, process, processes, told, pass, forwards } = arranged(2);
    forwards(1);
    forwards(2);
    let isOver = false;
    void supervisor.stop(5_000).then(() => (isOver = true));
    expect(process(1).sent.at(-1)).toEqual({ type: 'shutdown', deadlineMs: 5_000 });
    process(1).exited('exit code 0');
    await pass(6_500);
    expect([process(1).killed, process(2).killed, isOver]).toEqual([false, true, false]);
    process(2).exited('signal SIGKILL');
    await pass(0);
    expect(isOver).toBe(true);
    expect(told.slice(-2)).toEqual(['1 ended: shutdown, as asked', '2 ended: shutdown, as asked']);
    expect(processes).toHaveLength(2);
  });
});

describe('a supervisor that replaces its workers', () => {
  const phases = ({ supervisor }: ReturnType<typeof arranged>): string =>
    supervisor.records.map(({ index, worker, phase }) => `${index}:${worker} ${phase}`).join(', ');

  function rolling(count = 2) {
    const all = arranged(count);
    for (let worker = 1; worker <= count; worker += 1) all.forwards(worker);
    return all;
  }

  it('lets each forward before the old one is asked to end, and takes the next when that one has ended', () => {
    const all = rolling();
    const { supervisor, process, forwards, told } = all;
    expect(supervisor.rolls.begin('eve')).toBeNull();
    expect(phases(all)).toBe('0:1 ready, 0:3 starting, 1:2 ready');
    expect(process(1).sent).not.toContainEqual(expect.objectContaining({ type: 'shutdown' }));
    forwards(3);
    expect(process(1).sent).toContainEqual({ type: 'shutdown', deadlineMs: 5_000 });
    expect(phases(all)).toBe('0:1 stopping, 0:3 ready, 1:2 ready');
    process(1).exited('exit code 0');
    expect(phases(all)).toBe('0:3 ready, 1:2 ready, 1:4 starting');
    forwards(4);
    process(2).exited('exit code 0');
    expect(phases(all)).toBe('0:3 ready, 1:4 ready');
    expect(told).toContain('1 ended: replaced by worker 3, as asked');
    expect(supervisor.rolls.status).toMatchObject({ state: 'done', total: 2, replaced: 2, problem: null });
  });

  it('refuses a second roll while one is under way, and one of no worker', () => {
    const { supervisor } = rolling();
    supervisor.rolls.begin('eve');
    expect(supervisor.rolls.begin('bob')).toBe('under-way');
    expect(arranged().supervisor.rolls.begin('eve')).toBe('no-worker');
  });

  it('kills a worker that does not finish in time', async () => {
    const { supervisor, process, forwards, pass } = rolling(1);
    supervisor.rolls.begin('eve');
    forwards(2);
    await pass(5_999);
    expect(process(1).killed).toBe(false);
    await pass(1);
    expect(process(1).killed).toBe(true);
  });

  it('stops where the new worker does not forward in time, and leaves the others', async () => {
    const all = rolling();
    const { supervisor, process, pass } = all;
    supervisor.rolls.begin('eve');
    await pass(30_000);
    expect(process(3).killed).toBe(true);
    process(3).exited('signal SIGKILL');
    await pass(60_000);
    expect(supervisor.rolls.status).toMatchObject({
      state: 'stopped',
      replaced: 0,
      problem: 'worker 3 ended: not ready in time',
    });
    expect(process(1).sent).not.toContainEqual(expect.objectContaining({ type: 'shutdown' }));
    expect(supervisor.rolls.begin('eve')).toBe(null);
  });

  it('stops where the system has no process to give', () => {
    const { supervisor, system } = rolling();
    system.refuses = true;
    supervisor.rolls.begin('eve');
    expect(supervisor.rolls.status).toMatchObject({
      state: 'stopped',
      problem: 'the system has no process to give',
    });
    expect(supervisor.ready).toEqual([1, 2]);
  });

  it('gives the place of a worker that dies meanwhile to the new one', async () => {
    const all = rolling(1);
    const { supervisor, process, forwards, pass } = all;
    supervisor.rolls.begin('eve');
    process(1).exited('signal SIGSEGV');
    await pass(0);
    expect(phases(all)).toBe('0:2 starting');
    forwards(2);
    expect(supervisor.rolls.status).toMatchObject({ state: 'done' });
  });

  it('starts another where the new one dies while the old one finishes its requests', async () => {
    const all = rolling(1);
    const { supervisor, process, forwards, pass } = all;
    supervisor.rolls.begin('eve');
    forwards(2);
    process(2).exited('signal SIGSEGV');
    await pass(0);
    process(1).exited('exit code 0');
    expect(phases(all)).toBe('0:3 starting');
    expect(supervisor.rolls.status).toMatchObject({ state: 'stopped' });
  });

  it('begins no further worker when all are stopped', async () => {
    const { supervisor, process, processes } = rolling();
    supervisor.rolls.begin('eve');
    const stopped = supervisor.stop(1_000);
    for (const number of [1, 2, 3]) process(number).exited('exit code 0');
    await stopped;
    expect(processes).toHaveLength(3);
    expect(supervisor.rolls.status).toMatchObject({ state: 'stopped', problem: 'Tidegate is stopping' });
    expect(supervisor.rolls.begin('eve')).toBe('no-worker');
  });

  it('replaces workers above the limit of memory one at a time, a minute apart', async () => {
    const { process, processes, memory, forwards, pass } = rolling();
    const answer = (): void => {
      for (const one of processes) one.message({ type: 'flushed', id: 0 });
    };
    const passAnswering = async (ms: number): Promise<void> => {
      for (let at = 0; at < ms; at += 500) {
        await pass(500);
        answer();
      }
    };
    memory.set(1, 1_001).set(2, 2_000);
    await passAnswering(5_500);
    expect(processes).toHaveLength(3);
    forwards(3);
    process(2).exited('exit code 0');
    await passAnswering(59_000);
    expect(processes).toHaveLength(3);
    await passAnswering(6_000);
    expect(processes).toHaveLength(4);
  });
});
