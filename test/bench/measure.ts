/** One measurement of one running proxy: CPU time over an exact number of requests, or memory over idle connections. */
import { waitUntil } from '../support/wait-until.js';
import type { OpenCommand } from './client-protocol.js';
import { childrenOf, cpuMicroseconds, residentBytes } from './process-figures.js';
import type { Client, RunningProxy } from './running.js';
import { type Scenario, requestHead } from './scenarios.js';

export interface Measurement {
  /** Microseconds per request, or bytes per connection, of the processes that forward. */
  readonly forwarding: number;
  /** The same with the process that supervises them. */
  readonly all: number;
  /** Share of the time that the forwarding processes ran: near 1 they were the bottleneck. */
  readonly busy: number;
}

const SETTLED_SHARE = 0.005;
const SETTLED_READINGS = 4;
const SETTLE_LIMIT_MS = 10_000;
const READING_EVERY_MS = 250;

/** Makes the proxy's code hot and its upstream connections open. */
export async function warmUp(
  proxy: RunningProxy,
  client: Client,
  scenario: Scenario = proxy.scenario,
): Promise<void> {
  await send(proxy, client, scenario, async () => {});
}

/** CPU time per request. Throws when any request went wrong or the proxy's processes changed: no figure, then. */
export async function measureCpu(proxy: RunningProxy, client: Client): Promise<Measurement> {
  const { scenario } = proxy;
  let before = { forwarding: 0, supervising: 0 };
  const wallMs = await send(proxy, client, scenario, async () => {
    before = cpuOf(proxy);
  });
  const after = cpuOf(proxy);
  const children = proxy.subject.forks ? childrenOf(proxy.child.pid) : proxy.forwarding;
  if (children.join() !== proxy.forwarding.join()) {
    const change = `processes ${proxy.forwarding.join(', ')} became ${children.join(', ')}`;
    throw new Error(`${change} while it was measured; it last wrote: ${proxy.child.output().slice(-600)}`);
  }
  const forwarding = after.forwarding - before.forwarding;
  const all = forwarding + after.supervising - before.supervising;
  return {
    forwarding: forwarding / scenario.requests,
    all: all / scenario.requests,
    busy: forwarding / 1000 / wallMs,
  };
}

/** Opens connections, calls `start`, sends the scenario's requests, closes. Answers the milliseconds of sending. */
async function send(
  proxy: RunningProxy,
  client: Client,
  scenario: Scenario,
  start: () => Promise<void>,
): Promise<number> {
  try {
    await wellDone(client.ask(openCommand(proxy, scenario)));
    await start();
    const { answered, wallMs } = await wellDone(client.ask({ command: 'run', requests: scenario.requests }));
    if (answered !== scenario.requests) throw new Error(`${answered} of ${scenario.requests} answered`);
    return wallMs;
  } finally {
    await client.ask({ command: 'close' });
  }
}

/** Memory per idle kept-alive connection, each of which had one request. The proxy should be new and warm. */
export async function measureMemory(
  proxy: RunningProxy,
  client: Client,
  scenario: Scenario,
): Promise<Measurement> {
  const before = await settledMemory(proxy);
  try {
    await wellDone(client.ask(openCommand(proxy, scenario)));
    const after = await settledMemory(proxy);
    const forwarding = (after.forwarding - before.forwarding) / scenario.connections;
    const supervising = (after.supervising - before.supervising) / scenario.connections;
    return { forwarding, all: forwarding + supervising, busy: 0 };
  } finally {
    await client.ask({ command: 'close' });
  }
}

/** Waits until memory stands still, so that what the collector will free does not count. */
async function settledMemory(proxy: RunningProxy): Promise<{ forwarding: number; supervising: number }> {
  const total = (pids: readonly number[]): number => pids.reduce((sum, pid) => sum + residentBytes(pid), 0);
  const readings: number[] = [];
  let nextAt = 0;
  await waitUntil(
    'memory to settle',
    () => {
      if (performance.now() < nextAt) return false;
      nextAt = performance.now() + READING_EVERY_MS;
      readings.push(total(proxy.forwarding));
      const last = readings.slice(-SETTLED_READINGS);
      const [low, high] = [Math.min(...last), Math.max(...last)];
      return last.length === SETTLED_READINGS && high - low <= high * SETTLED_SHARE;
    },
    SETTLE_LIMIT_MS,
  );
  return { forwarding: total(proxy.forwarding), supervising: total(proxy.supervising) };
}

function cpuOf(proxy: RunningProxy): { forwarding: number; supervising: number } {
  const total = (pids: readonly number[]): number => pids.reduce((sum, pid) => sum + cpuMicroseconds(pid), 0);
  return { forwarding: total(proxy.forwarding), supervising: total(proxy.supervising) };
}

function openCommand({ port, subject }: RunningProxy, scenario: Scenario): OpenCommand {
  return {
    command: 'open',
    port,
    mode: scenario.mode,
    tls: scenario.tls,
    connections: scenario.connections,
    head: requestHead(scenario),
    requestBytes: scenario.requestBytes,
    responseBytes: scenario.responseBytes,
    cookies: scenario.sticky && subject.sticky,
  };
}

async function wellDone<Answer extends { readonly errors: readonly string[] }>(
  answered: Promise<Answer>,
): Promise<Answer> {
  const answer = await answered;
  if (answer.errors.length > 0) throw new Error(answer.errors.join('; '));
  return answer;
}
