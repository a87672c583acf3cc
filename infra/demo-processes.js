/** What the demos share: they start processes, end all of them whatever ends first, and say which ports they cannot have. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));
export const TIDEGATE = join(root, 'dist/control-plane/cli/tidegate.js');
export const RUN_BACKENDS = join(root, 'infra/run-backends');

/** How long Tidegate may take to be ready before a demo gives up. */
const READY_LIMIT_MS = 30_000;
/** npm passes no signals on: a signal to it ends it alone. How soon a demo notices and ends too. */
const PARENT_CHECK_MS = 500;

/** Directory of what the demo stores; removed at the end unless the environment names it. */
export const dataDir = process.env.DEMO_DATA_DIR ?? mkdtempSync(join(tmpdir(), 'tidegate-demo-'));

const children = [];
/** What is to be done when all processes have ended. */
const cleanups = [];
let exiting = false;

export function atEnd(cleanup) {
  cleanups.push(cleanup);
}

/** Starts a program of this Node, or another one. A process that ends by itself ends the demo, unless `ended` says what else. */
export function start(name, args, { program = process.execPath, env = {}, stdio = 'inherit', ended } = {}) {
  const child = spawn(program, args, {
    cwd: root,
    stdio,
    env: { ...process.env, DEMO_DATA_DIR: dataDir, ...env },
  });
  child.on('error', (error) => finish(1, `${name} does not start: ${error.message}`));
  child.on('exit', (code) => {
    if (exiting) return;
    if (ended !== undefined) ended();
    else finish(code ?? 1, `${name} ended, so the demo ends too.`);
  });
  children.push(child);
  return child;
}

/** Ends everything that the demo started, waits for it, and leaves nothing behind. */
export function finish(code, message) {
  if (exiting) return;
  exiting = true;
  if (message !== undefined) console.error(message);
  const running = children.filter((child) => child.exitCode === null && child.signalCode === null);
  let left = running.length;
  const leave = () => {
    for (const cleanup of cleanups) cleanup();
    removeData();
    process.exit(code);
  };
  if (left === 0) leave();
  for (const child of running) {
    child.once('exit', () => {
      left -= 1;
      if (left === 0) leave();
    });
    child.kill('SIGTERM');
    // One that was stopped by hand takes no other signal.
    child.kill('SIGCONT');
  }
}

function removeData() {
  if (process.env.DEMO_DATA_DIR === undefined) rmSync(dataDir, { recursive: true, force: true });
}

/** Waits until a host is ready; ends the demo where it is not in time. Answers whether it is. */
export async function untilReady(adminPort) {
  const deadline = Date.now() + READY_LIMIT_MS;
  while (!exiting && Date.now() < deadline) {
    const answer = await fetch(`http://127.0.0.1:${adminPort}/readyz`).catch(() => null);
    if (answer?.ok) return true;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  finish(1, `Tidegate was not ready within ${READY_LIMIT_MS / 1000} s.`);
  return false;
}

/** Ends the process where one of the ports cannot be had. `ports`: by the variable that moves it; `everywhere`: not on loopback alone. */
export async function demandPorts(ports, { command, everywhere = [] }) {
  const found = await Promise.all(
    Object.entries(ports).map(([name, port]) => portProblem(name, port, command, everywhere.includes(name))),
  );
  const problems = found.filter(Boolean);
  if (problems.length === 0) return;
  removeData();
  console.error(problems.join('\n'));
  process.exit(1);
}

/** Why a port cannot be had, or `null`. */
async function portProblem(name, number, command, isEverywhere) {
  if (!/^\d{1,5}$/.test(number) || Number(number) < 1 || Number(number) > 65_535) {
    return `${name}=${number} is not a port; expected 1 to 65535.`;
  }
  const server = createServer();
  try {
    await once(server.listen(Number(number), isEverywhere ? undefined : '127.0.0.1'), 'listening');
    server.close();
    await once(server, 'close');
    return null;
  } catch (error) {
    const reason = error.code === 'EADDRINUSE' ? 'another program listens there' : error.message;
    return `Port ${number} cannot be used: ${reason}. ${name} moves it: ${name}=${Number(number) < 50_000 ? Number(number) + 10_000 : 18_080} ${command}`;
  }
}

/** Ends the demo with npm, with its terminal, and when it is told to. */
export function endWithParent() {
  if (process.env.npm_lifecycle_event !== undefined) {
    const parent = process.ppid;
    setInterval(() => {
      if (process.ppid !== parent) finish(0);
    }, PARENT_CHECK_MS).unref();
  }
  // SIGHUP: the terminal was closed. Tidegate takes it for a reload, so without this it would stay and keep its ports.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => finish(0));
}
