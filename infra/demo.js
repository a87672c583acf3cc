/**
 * `npm run demo`: three backends, and Tidegate before them. Prints where things are and three things to try.
 * Environment: DEMO_PORT, DEMO_ADMIN_PORT, DEMO_BACKEND1 to DEMO_BACKEND3 (ports), DEMO_DATA_DIR.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const port = process.env.DEMO_PORT ?? '8080';
const adminPort = process.env.DEMO_ADMIN_PORT ?? '9900';
const backends = [1, 2, 3].map((number) => process.env[`DEMO_BACKEND${number}`] ?? String(8080 + number));
/** Every port that the demo needs, by the variable that moves it. */
const ports = {
  DEMO_PORT: port,
  DEMO_ADMIN_PORT: adminPort,
  DEMO_BACKEND1: backends[0],
  DEMO_BACKEND2: backends[1],
  DEMO_BACKEND3: backends[2],
};
const dataDir = process.env.DEMO_DATA_DIR ?? mkdtempSync(join(tmpdir(), 'tidegate-demo-'));
/** How long Tidegate may take to be ready before the demo gives up. */
const READY_LIMIT_MS = 30_000;
/** npm passes no signals on: a signal to it ends it alone. How soon the demo notices and ends too. */
const PARENT_CHECK_MS = 500;

const children = [];
let exiting = false;

function start(name, args) {
  const child = spawn(process.execPath, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, DEMO_DATA_DIR: dataDir },
  });
  child.on('error', (error) => finish(1, `${name} does not start: ${error.message}`));
  child.on('exit', (code) => {
    if (!exiting) finish(code ?? 1, `${name} ended, so the demo ends too.`);
  });
  children.push(child);
}

/** Ends everything that the demo started, waits for it, and leaves nothing behind. */
function finish(code, message) {
  if (exiting) return;
  exiting = true;
  if (message !== undefined) console.error(message);
  const running = children.filter((child) => child.exitCode === null && child.signalCode === null);
  let left = running.length;
  const leave = () => {
    if (process.env.DEMO_DATA_DIR === undefined) rmSync(dataDir, { recursive: true, force: true });
    process.exit(code);
  };
  if (left === 0) leave();
  for (const child of running) {
    child.once('exit', () => {
      left -= 1;
      if (left === 0) leave();
    });
    child.kill('SIGTERM');
  }
}

async function untilReady() {
  const deadline = Date.now() + READY_LIMIT_MS;
  while (!exiting && Date.now() < deadline) {
    const answer = await fetch(`http://127.0.0.1:${adminPort}/readyz`).catch(() => null);
    if (answer?.ok) return true;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return false;
}

/** Why a port cannot be had, or `null`. */
async function portProblem(name, number) {
  if (!/^\d{1,5}$/.test(number) || Number(number) < 1 || Number(number) > 65_535) {
    return `${name}=${number} is not a port; expected 1 to 65535.`;
  }
  const server = createServer();
  try {
    await once(server.listen(Number(number), name === 'DEMO_PORT' ? undefined : '127.0.0.1'), 'listening');
    server.close();
    await once(server, 'close');
    return null;
  } catch (error) {
    const reason = error.code === 'EADDRINUSE' ? 'another program listens there' : error.message;
    return `Port ${number} cannot be used: ${reason}. ${name} moves it: ${name}=${Number(number) < 50_000 ? Number(number) + 10_000 : 18_080} npm run demo`;
  }
}

const problems = (await Promise.all(Object.entries(ports).map((entry) => portProblem(...entry)))).filter(
  Boolean,
);
if (problems.length > 0) {
  if (process.env.DEMO_DATA_DIR === undefined) rmSync(dataDir, { recursive: true, force: true });
  console.error(problems.join('\n'));
  process.exit(1);
}

if (process.env.npm_lifecycle_event !== undefined) {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) finish(0);
  }, PARENT_CHECK_MS).unref();
}
// SIGHUP: the terminal was closed. Tidegate takes it for a reload, so without this it would stay and keep its ports.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => finish(0));

start('run-backends', [join(root, 'infra/run-backends'), ...backends]);
start('tidegate', [
  join(root, 'dist/control-plane/cli/tidegate.js'),
  'serve',
  '-c',
  join(root, 'infra/demo.yaml'),
]);

if (!(await untilReady())) finish(1, `Tidegate was not ready within ${READY_LIMIT_MS / 1000} s.`);
else {
  const admin = adminPort === '9900' ? '' : ` --admin http://127.0.0.1:${adminPort}`;
  console.log(`
Tidegate forwards.

  traffic   http://127.0.0.1:${port}/            metrics   http://127.0.0.1:${port}/metrics
  admin     http://127.0.0.1:${adminPort}/            API       http://127.0.0.1:${adminPort}/api/v1/openapi.json

Three things to try, in another terminal:

  1. See the weights 1 : 2 : 1 at work:
       for i in $(seq 12); do curl -s http://127.0.0.1:${port}/ ; done
  2. Break a backend, send it some traffic, and ask why it left:
       curl -X POST http://127.0.0.1:${backends[2]}/break
       for i in $(seq 40); do curl -s -o /dev/null http://127.0.0.1:${port}/ ; done
       node_modules/.bin/tidegate why backend3${admin}
       curl -X POST http://127.0.0.1:${backends[2]}/repair
  3. Change a weight while it runs, and see it in the history:
       node_modules/.bin/tidegate backends weight backend1 10${admin}
       node_modules/.bin/tidegate events${admin}

Ctrl-C ends it.
`);
}
