/** How soon the fleet of docker-compose.yml serves, and how soon hosts that are added take their share. */
import { ComposeLocal } from '../support/compose-local.js';
import { SpreadLoad } from '../support/spread-load.js';
import { runProgram } from '../support/tidegate-process.js';
import { waitUntil } from '../support/wait-until.js';

const SERVES_WITHIN_MS = 15_000;
const SHARES_WITHIN_MS = 5_000;
const RATE = 300;

const compose = new ComposeLocal();
afterAll(() => compose.dispose());

it('serves within 15 s; two more hosts take their share within 5 s of being started', async () => {
  expect(await runProgram('infra/compose/make-secrets', [], process.env)).toMatchObject({ code: 0 });
  const begun = performance.now();
  await compose.start();
  const portsOf = async (): Promise<readonly number[]> =>
    (await compose.containers('worker')).map((container) => container.ports['8080']!);
  let ports = await portsOf();
  const load = new SpreadLoad({ ports: () => ports, rate: RATE });
  load.start();
  await waitUntil('the first answers', () => ports.every((port) => (load.answers.get(port) ?? 0) > 0));
  const servedMs = performance.now() - begun;

  const added = performance.now();
  await compose.ok('up', '--scale', 'worker=4');
  ports = await portsOf();
  const isFair = (): boolean => ports.every((port) => (load.answers.get(port) ?? 0) >= RATE / 8);
  await waitUntil('each host to answer', isFair);
  const sharedMs = performance.now() - added;

  const { failed } = await load.stop();
  process.stdout.write(
    `compose: served after ${servedMs.toFixed(0)} ms, shared after ${sharedMs.toFixed(0)} ms\n`,
  );
  expect(failed).toEqual([]);
  expect(ports).toHaveLength(4);
  expect(servedMs).toBeLessThan(SERVES_WITHIN_MS);
  expect(sharedMs).toBeLessThan(SHARES_WITHIN_MS);
});
