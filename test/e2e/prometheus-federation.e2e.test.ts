/**
 * Two sites, each with a Prometheus that scrapes its hosts, and a global one above them: what it answers is what clients have
 * counted, whoever dies meanwhile. Site `east` has two hosts, `west` has one.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { AppServer } from '../support/app-server.js';
import { freePorts } from '../support/free-port.js';
import { Load } from '../support/load.js';
import { PrometheusServer } from '../support/prometheus-server.js';
import { base } from '../support/scenario.js';
import { type Answers, type Count, FALLS, answersOf, rightAnswers } from '../support/site-questions.js';
import { useTempDirs } from '../support/temp-dir.js';
import { Tidegate } from '../support/tidegate-process.js';
import { waitUntil } from '../support/wait-until.js';

const TOKEN = 'only-the-prometheus-of-a-site-has-this-token';
/** Requests per second and host. */
const RATE = 300;

interface Host {
  readonly site: 'east' | 'west';
  readonly target: string;
  readonly tidegate: Tidegate;
}

describe('a global Prometheus over two sites', () => {
  const tempDir = useTempDirs();
  const counts: Count[] = [];
  const undo: (() => Promise<unknown>)[] = [];
  let web: AppServer;
  let api: AppServer;
  let a: Host;
  let b: Host;
  let c: Host;
  let east: PrometheusServer;
  let west: PrometheusServer;
  let world: PrometheusServer;

  async function startHost(site: Host['site'], adminPort: number, tokenFile: string): Promise<Host> {
    const tidegate = await Tidegate.start(`${base(1).replace(
      'admin: { port: 0 }',
      `admin: { port: ${adminPort}, token_file: "${tokenFile}" }`,
    )}
pools:
  web: { backends: [{ id: web1, url: "${web.url}" }] }
  api: { backends: [{ id: api1, url: "${api.url}" }] }
routes: [{ path_prefix: /api, pool: api }, { pool: web }]
`);
    undo.push(() => tidegate.dispose());
    return { site, target: `127.0.0.1:${adminPort}`, tidegate };
  }

  async function read({ tidegate }: Host, path: string): Promise<unknown> {
    return (await tidegate.api(path, { headers: { authorization: `Bearer ${TOKEN}` } })).body;
  }

  async function startPrometheus(
    ...options: Parameters<typeof PrometheusServer.start>
  ): Promise<PrometheusServer> {
    const server = await PrometheusServer.start(...options);
    undo.push(() => server.dispose());
    return server;
  }

  beforeAll(async () => {
    const tokenFile = join(tempDir(), 'token');
    writeFileSync(tokenFile, TOKEN, { mode: 0o600 });
    [web, api] = await Promise.all([AppServer.start('web1'), AppServer.start('api1')]);
    undo.push(
      () => web.kill(),
      () => api.kill(),
    );
    const [portA = 0, portB = 0, portC = 0] = await freePorts(3);
    [a, b, c] = await Promise.all([
      startHost('east', portA, tokenFile),
      startHost('east', portB, tokenFile),
      startHost('west', portC, tokenFile),
    ]);
    const ofSite = (site: string, targets: readonly string[]): Promise<PrometheusServer> =>
      startPrometheus({ file: 'prometheus.yml', site, targets, tokenFile });
    east = await ofSite('east', [a.target, b.target]);
    west = await ofSite('west', [c.target]);
    world = await startPrometheus({ file: 'federate.yml', targets: [east.target, west.target] });
  });
  afterAll(async () => {
    await Promise.all(undo.map((end) => end()));
  });

  /** Makes so many requests, a third of them to pool api, and counts them. */
  async function ask(host: Host, requests: number): Promise<void> {
    const poolOf = (request: number): string => (request % 3 === 0 ? 'api' : 'web');
    const load = new Load({
      port: host.tidegate.port,
      rate: RATE,
      connections: 20,
      requests,
      path: (request) => (poolOf(request) === 'api' ? '/api/x' : '/'),
      onResponse: ({ status }, request) =>
        counts.push({
          site: host.site,
          pool: poolOf(request),
          requests: 1,
          failures: status >= 500 ? 1 : 0,
        }),
    });
    load.start();
    await waitUntil('all requests to be answered', () => load.answered === requests);
    expect((await load.stop()).sent).toBe(requests);
  }

  async function expectAnswers(
    answers: () => Promise<Answers>,
    wanted: Answers = rightAnswers(counts),
  ): Promise<void> {
    let present: Answers = {};
    await waitUntil('the right answers', async () => {
      present = await answers();
      return isDeepStrictEqual(present, wanted);
    }).catch(() => undefined);
    expect(present).toEqual(wanted);
  }

  const countsOf = (site: string): readonly Count[] => counts.filter((count) => count.site === site);

  /** Waits until each site below has evaluated its rules twice more. */
  async function untilEvaluated(server: PrometheusServer): Promise<void> {
    const evaluated = 'min(timestamp(pool:tidegate_requests_total:sum))';
    const before = await server.value(evaluated);
    await waitUntil('two more evaluations', async () => {
      const now = await server.value(evaluated);
      return now !== null && before !== null && now - before >= 2;
    });
  }

  /** The sites and the global one answer all questions as clients do, and go on to. */
  async function expectAgreement(): Promise<void> {
    const ask = async (): Promise<void> => {
      await expectAnswers(() => answersOf(east), rightAnswers(countsOf('east')));
      await expectAnswers(() => answersOf(west), rightAnswers(countsOf('west')));
      await expectAnswers(() => answersOf(world, { site: 'east' }), rightAnswers(countsOf('east')));
      await expectAnswers(() => answersOf(world, { site: 'west' }), rightAnswers(countsOf('west')));
      await expectAnswers(() => answersOf(world));
    };
    await ask();
    await untilEvaluated(world);
    await ask();
  }

  async function untilUp(host: Host, up: 0 | 1): Promise<void> {
    const ofSite = host.site === 'east' ? east : west;
    for (const server of [ofSite, world]) {
      await waitUntil(
        `up=${up} of ${host.target} at ${server === world ? 'the global one' : host.site}`,
        async () => (await server.value(`up{job="tidegate", instance="${host.target}"}`)) === up,
      );
    }
  }

  /** kill -9 of all its processes. */
  async function kill(host: Host): Promise<void> {
    const { workers } = (await read(host, '/api/v1/workers')) as { workers: { pid: number }[] };
    expect(workers).toHaveLength(1);
    await host.tidegate.killPrimary();
    for (const { pid } of workers) process.kill(pid, 'SIGKILL');
  }

  const fallsOf = (server: PrometheusServer): Promise<number | null> => server.value(FALLS);

  it('answers ten questions as its sites do, and as clients do', async () => {
    api.status = 200;
    await Promise.all([ask(a, 300), ask(b, 150), ask(c, 210)]);
    api.status = 500;
    await Promise.all([ask(a, 300), ask(b, 150), ask(c, 90)]);
    const right = rightAnswers(counts);
    expect(Object.keys(right)).toHaveLength(10);
    expect(right).toMatchObject({ requests: 1200, failures: 180, 'failures of web': 0 });
    await expectAgreement();
    expect(await world.value('sum(up{job="tidegate"})')).toBe(3);
  });

  it('has what sites recorded, and no series of hosts', async () => {
    const names = await world.query('group by (__name__) ({__name__=~".*tidegate.*"})');
    expect(new Set(names.map(({ metric }) => metric['__name__']))).toEqual(
      new Set([
        'pool:tidegate_failures:rate5m',
        'pool:tidegate_failures_total:sum',
        'pool:tidegate_requests:rate5m',
        'pool:tidegate_requests_total:sum',
      ]),
    );
  });

  it('scrapes pages in which promtool finds no fault', async () => {
    const page = String(await read(a, '/metrics'));
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
      input: page,
      encoding: 'utf8',
    });
    expect({ status, said: stdout + stderr }).toEqual({ status: 0, said: '' });
  });

  it('sees a host die and return, and no total goes down', async () => {
    await kill(a);
    await untilUp(a, 0);
    await ask(b, 120);
    await expectAgreement();
    await a.tidegate.run();
    await untilUp(a, 1);
    // Fewer than before: only so can anybody see that the counters began anew.
    await ask(a, 90);
    await expectAgreement();
    expect(await Promise.all([fallsOf(east), fallsOf(world)])).toEqual([0, 0]);
  });

  it('goes on without a site, and knows what it missed when it is back', async () => {
    const before = countsOf('east');
    await east.kill();
    await waitUntil(
      'the global one to miss the site',
      async () => (await world.value(`up{job="federate", instance="${east.target}"}`)) === 0,
    );
    await Promise.all([ask(b, 60), ask(c, 60)]);
    await expectAnswers(() => answersOf(world, { site: 'west' }), rightAnswers(countsOf('west')));
    const known = [...before, ...countsOf('west')];
    await expectAnswers(() => answersOf(world, { isLast: true }), rightAnswers(known));
    await east.restart();
    await expectAgreement();
    expect(await Promise.all([east, west, world].map(fallsOf))).toEqual([0, 0, 0]);
  });

  it('loses of a host that dies under load what was not scraped, and counts nothing twice', async () => {
    const total = 'sum(pool:tidegate_requests_total:sum{pool="web"})';
    const requestsOf = async (server: PrometheusServer): Promise<number> => (await server.value(total)) ?? 0;
    const before = await requestsOf(west);
    const load = new Load({ port: c.tidegate.port, rate: RATE, connections: 20 });
    load.start();
    await waitUntil('the site to count them', async () => (await requestsOf(west)) > before + RATE);
    const seen = await requestsOf(west);
    await kill(c);
    await untilUp(c, 0);
    const { answered } = await load.stop();
    await untilEvaluated(west);
    const known = await requestsOf(west);
    expect(known).toBeGreaterThanOrEqual(seen);
    expect(known).toBeLessThanOrEqual(before + answered);
    process.stdout.write(`${before + answered - known} of ${answered} answers were not scraped\n`);

    await c.tidegate.run();
    await untilUp(c, 1);
    await ask(c, 60);
    await waitUntil('the requests after its return', async () => (await requestsOf(west)) === known + 40);
    await waitUntil('the same at the global one', async () => {
      return (await world.value(total.replace('{', '{site="west", '))) === known + 40;
    });
    expect(await Promise.all([west, world].map(fallsOf))).toEqual([0, 0]);
  });
});
