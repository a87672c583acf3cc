/**
 * `npm run demo:fleet`: a Redis from PATH, three backends, and two hosts before them that act as one. Prints where things are and five
 * things to try.
 * Environment: DEMO_PORT_A, DEMO_PORT_B, DEMO_ADMIN_A, DEMO_ADMIN_B, DEMO_REDIS, DEMO_BACKEND1 to DEMO_BACKEND3 (ports), DEMO_DATA_DIR.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { endOrphans, findOrphans } from '../dist/control-plane/workers/orphans.js';
import {
  atEnd,
  dataDir,
  demandPorts,
  endWithParent,
  root,
  RUN_BACKENDS,
  start,
  TIDEGATE,
  untilReady,
} from './demo-processes.js';

const given = (name, fallback) => process.env[name] ?? fallback;
const ports = {
  DEMO_PORT_A: given('DEMO_PORT_A', '8080'),
  DEMO_PORT_B: given('DEMO_PORT_B', '8090'),
  DEMO_ADMIN_A: given('DEMO_ADMIN_A', '9900'),
  DEMO_ADMIN_B: given('DEMO_ADMIN_B', '9901'),
  DEMO_REDIS: given('DEMO_REDIS', '16379'),
  DEMO_BACKEND1: given('DEMO_BACKEND1', '8081'),
  DEMO_BACKEND2: given('DEMO_BACKEND2', '8082'),
  DEMO_BACKEND3: given('DEMO_BACKEND3', '8083'),
};

if (spawnSync('redis-server', ['--version']).error !== undefined) {
  console.error(
    'npm run demo:fleet needs redis-server (7.0 or later) in PATH: apt install redis-server, or brew install redis.',
  );
  process.exit(1);
}
await demandPorts(ports, { command: 'npm run demo:fleet' });
endWithParent();

const redisDir = join(dataDir, 'redis');
mkdirSync(redisDir, { recursive: true });
const redis = start(
  'redis-server',
  ['--port', ports.DEMO_REDIS, '--bind', '127.0.0.1', '--dir', redisDir, '--save', '', '--appendonly', 'no'],
  { program: 'redis-server', stdio: 'ignore', ended: () => console.log('redis-server ended.') },
);
start('run-backends', [RUN_BACKENDS, ports.DEMO_BACKEND1, ports.DEMO_BACKEND2, ports.DEMO_BACKEND3]);
/** A killed host is started again, as a service manager would, late enough to see that the other one leads meanwhile. */
const RESTART_AFTER_MS = 15_000;
const hosts = ['a', 'b'].map((name) => startHost(name));

function startHost(name) {
  const letter = name.toUpperCase();
  const hostDir = join(dataDir, name);
  const env = {
    ...ports,
    DEMO_PORT: ports[`DEMO_PORT_${letter}`],
    DEMO_ADMIN_PORT: ports[`DEMO_ADMIN_${letter}`],
    DEMO_HOST: `host-${name}`,
    DEMO_HOST_DIR: hostDir,
  };
  const args = [TIDEGATE, 'serve', '-c', join(root, 'infra/demo-fleet.yaml')];
  const ended = () => {
    console.log(
      `host-${name} was ended: its workers go on. It is started again in ${RESTART_AFTER_MS / 1000} s.`,
    );
    setTimeout(() => startHost(name), RESTART_AFTER_MS).unref();
  };
  return start(`host-${name}`, args, { env, ended });
}

// Workers outlive a primary that was killed, until the next one takes over. At the end there is none.
atEnd(() => {
  for (const name of ['a', 'b']) {
    endOrphans(findOrphans(join(dataDir, name)), 'SIGKILL', { debug: () => undefined });
  }
});

const [a, b] = [ports.DEMO_ADMIN_A, ports.DEMO_ADMIN_B];
if ((await untilReady(a)) && (await untilReady(b))) {
  const cli = 'node_modules/.bin/tidegate';
  const adminA = `--admin http://127.0.0.1:${a}`;
  const adminB = `--admin http://127.0.0.1:${b}`;
  console.log(`
Two hosts act as one.

  host-a   traffic http://127.0.0.1:${ports.DEMO_PORT_A}/   admin http://127.0.0.1:${a}/   pid ${hosts[0].pid}
  host-b   traffic http://127.0.0.1:${ports.DEMO_PORT_B}/   admin http://127.0.0.1:${b}/   pid ${hosts[1].pid}

Five things to try, in another terminal:

  1. Change a weight on one host, and see it on the other:
       ${cli} backends weight web/backend1 10 ${adminA}
       for i in $(seq 12); do curl -s http://127.0.0.1:${ports.DEMO_PORT_B}/ ; done
  2. Follow what happens to the whole fleet, from either host (leave it running for the rest):
       ${cli} events --follow ${adminB}
  3. Keep a session, whichever host it comes to:
       curl -s -c /tmp/tidegate-jar http://127.0.0.1:${ports.DEMO_PORT_A}/
       for i in $(seq 4); do curl -s -b /tmp/tidegate-jar http://127.0.0.1:${ports.DEMO_PORT_B}/ ; done
     and move it, by taking its backend out of service:
       ${cli} backends drain web/BACKEND ${adminA}
  4. Stop Redis for ten seconds: traffic goes on, and changes are refused until it is back.
       kill -STOP ${redis.pid}; sleep 10; ${cli} backends weight web/backend1 5 ${adminA}; kill -CONT ${redis.pid}
  5. Kill the leader. The other host leads within seconds, and nothing that was acknowledged is lost:
       ${cli} hosts ${adminB}
       kill -9 PID-OF-THE-LEADER

Ctrl-C ends it.
`);
}
