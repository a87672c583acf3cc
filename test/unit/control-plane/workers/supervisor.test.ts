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
  return { supervisor, processes, process, told, system, pass, forwards };
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
