/** How soon a worker that answers no more has been replaced, with real processes. CI counts heartbeats instead. */
import { httpGet } from '../support/http-get.js';
import { QUICK_CHECK, backendList, base, startScenario } from '../support/scenario.js';
import { waitUntil } from '../support/wait-until.js';

const LIMIT_MS = 3_000;
const WORKERS = 4;
/** In every process of this Tidegate, and used on workers: from this signal on it spins. */
const SPIN = 'SIGURG';
const SPIN_ON_SIGNAL = `data:text/javascript,process.on('${SPIN}',()=>{for(;;);})`;

describe('a worker that answers no more', () => {
  beforeAll(() => {
    process.env['NODE_OPTIONS'] = `--import=${SPIN_ON_SIGNAL}`;
  });
  afterAll(() => {
    delete process.env['NODE_OPTIONS'];
  });

  it.each(['SIGSTOP', SPIN] as const)('is replaced within three seconds of %s', async (signal) => {
    const scenario = await startScenario(2, (apps) => `${base(WORKERS)}${backendList(apps)}${QUICK_CHECK}\n`);
    const { tidegate } = scenario;
    const tookMs: number[] = [];
    try {
      await waitUntil('all workers', async () => (await tidegate.workerPids()).length === WORKERS);
      // Each of them once: who ends again and again is started again later.
      for (const pid of await tidegate.workerPids()) {
        const began = performance.now();
        process.kill(pid, signal);
        await waitUntil(
          'another worker',
          async () => {
            const now = await tidegate.workerPids();
            return now.length === WORKERS && !now.includes(pid);
          },
          20_000,
        );
        tookMs.push(Math.round(performance.now() - began));
        expect((await httpGet(tidegate.url('/'))).status).toBe(200);
      }
    } finally {
      await scenario.dispose();
    }
    process.stdout.write(`${signal}: replaced after ${tookMs.join(', ')} ms\n`);
    expect(Math.max(...tookMs)).toBeLessThanOrEqual(LIMIT_MS);
  });
});
