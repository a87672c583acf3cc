/**
 * `npm run demo`: three backends, and Tidegate before them. Prints where things are and three things to try.
 * Environment: DEMO_PORT, DEMO_ADMIN_PORT, DEMO_BACKEND1 to DEMO_BACKEND3 (ports), DEMO_DATA_DIR.
 */
import { join } from 'node:path';
import process from 'node:process';
import {
  demandPorts,
  endWithParent,
  root,
  RUN_BACKENDS,
  start,
  TIDEGATE,
  untilReady,
} from './demo-processes.js';

const port = process.env.DEMO_PORT ?? '8080';
const adminPort = process.env.DEMO_ADMIN_PORT ?? '9900';
const backends = [1, 2, 3].map((number) => process.env[`DEMO_BACKEND${number}`] ?? String(8080 + number));

await demandPorts(
  {
    DEMO_PORT: port,
    DEMO_ADMIN_PORT: adminPort,
    DEMO_BACKEND1: backends[0],
    DEMO_BACKEND2: backends[1],
    DEMO_BACKEND3: backends[2],
  },
  { command: 'npm run demo', everywhere: ['DEMO_PORT'] },
);
endWithParent();

start('run-backends', [RUN_BACKENDS, ...backends]);
start('tidegate', [TIDEGATE, 'serve', '-c', join(root, 'infra/demo.yaml')]);

if (await untilReady(adminPort)) {
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
