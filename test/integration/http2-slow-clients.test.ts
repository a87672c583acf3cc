/** HTTP/2 clients that keep what they have asked for waiting: by windows, by not reading, by saying nothing. They are cut in time. */
import { type BackendScript, answer } from '../support/backend-server.js';
import { useAttacked } from '../support/h2-attack.js';
import {
  CODE,
  FLAG,
  FRAME,
  SETTING,
  data,
  fields,
  frame,
  headers,
  request,
  reset,
  windowUpdate,
} from '../support/h2-frames.js';
import { waitUntil } from '../support/wait-until.js';

const POST = { ':method': 'POST' };

describe('a hostile HTTP/2 client that keeps us waiting', () => {
  const world = useAttacked();

  it('never says anything: closed when idle for too long', async () => {
    await world.start(() => answer('ok'), { timeouts: { keepAliveMs: 300 } });
    const client = await world.stranger();
    const halfway = await world.attacker();
    halfway.send(headers(1, request(), 0));
    await client.goneWith();
    await halfway.goneWith();
    await world.renewBystander();
  });

  it('vanishes without a word (CVE-2025-23085): its requests are given up and nothing is left', async () => {
    await world.start(() => undefined);
    for (let i = 0; i < 10; i += 1) {
      const client = await world.attacker();
      client.send(
        headers(1, request({ ':path': `/${i}` })),
        headers(3, request(POST), FLAG.endHeaders),
        data(3, 'abc'),
      );
      await world.backend.sees(2 * (i + 1));
      client.socket.destroy();
    }
    await waitUntil('nothing but the bystander', () => world.engine.forwarder.connections() === 1);
    await world.backendLetGo();
  });

  it('takes its answers one byte at a time, or not at all (CVE-2019-9511, CVE-2019-9517): cut when nothing moves', async () => {
    const big = answer('x'.repeat(2 * 1024 * 1024));
    await world.start(() => big, {
      timeouts: { responseIdleMs: 400 },
    });
    const client = await world.attacker([SETTING.initialWindowSize, 0]);
    for (let stream = 1; stream < 40; stream += 2) client.send(headers(stream, request()));
    await client.answered(39);
    client.send(windowUpdate(1, 1), windowUpdate(3, 1));
    for (let stream = 1; stream < 40; stream += 2) expect(await client.resetCode(stream)).toBe(CODE.internal);
    await world.backendLetGo();
  });

  it.each([
    ['at once', []],
    ['behind a request that it resets', [headers(1, request()), reset(1)]],
    ['behind a request that is none', [headers(1, fields(['x', 'y']))]],
  ])('says GOAWAY %s and leaves without a word: nothing is left of it', async (_name, before) => {
    await world.start(() => undefined);
    const client = await world.attacker();
    client.send(...before, frame(FRAME.goaway, 0, 0, Buffer.alloc(8)));
    await waitUntil(
      'it to be read',
      () => client.isClosed || client.frames.some(({ type }) => type === FRAME.goaway),
    );
    client.socket.destroy();
    await waitUntil('nothing but the bystander', () => world.engine.forwarder.connections() === 1);
  });

  const goaway = frame(FRAME.goaway, 0, 0, Buffer.alloc(8));
  it.each([
    ['its own', 1_000, goaway],
    ['ours', 1, Buffer.alloc(0)],
  ])(
    'breaks the protocol behind a GOAWAY, %s, while its request runs: nothing is left of it',
    async (_name, requestsPerConnection, before) => {
      let finish: () => void = () => undefined;
      const script: BackendScript = ({ target }, connection) => {
        if (target === '/steady') finish = () => connection.write(answer('ok'));
        return undefined;
      };
      await world.start(script, {
        limits: { requestsPerConnection },
        timeouts: { keepAliveMs: 1_000 },
      });
      const steady = await world.attacker();
      steady.send(headers(1, request({ ':path': '/steady' })));
      await world.backend.sees(1);
      steady.send(before);
      const noFrame = Buffer.from('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n');
      const onNoStream = data(0, 'x');
      for (const [noise, leaves] of [
        [noFrame, true],
        [noFrame, false],
        [onNoStream, true],
        [onNoStream, false],
      ] as const) {
        const client = await world.attacker();
        const seen = world.backend.requests.length;
        client.send(headers(1, request()));
        await world.backend.sees(seen + 1);
        client.send(before, noise);
        await client.sees('a GOAWAY', ({ type }) => type === FRAME.goaway);
        if (leaves) client.socket.destroy();
      }
      const served = (): number =>
        world.backend.connections.filter(({ socket }) => !socket.destroyed && !socket.readableEnded).length;
      await waitUntil('all others to be let go', () => served() === 1);
      // Who keeps to the protocol is waited for.
      finish();
      await steady.answered(1);
      await world.renewBystander();
    },
  );

  it.each([
    ['that have come whole', answer('ok')],
    ['of which a part has come', 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nok'],
  ])('takes nothing of small answers %s: the backend is not blamed', async (_name, reply) => {
    await world.start(() => reply, { timeouts: { responseIdleMs: 300 } });
    const client = await world.attacker([SETTING.initialWindowSize, 0]);
    for (let stream = 1; stream < 20; stream += 2) client.send(headers(stream, request()));
    for (let stream = 1; stream < 20; stream += 2) await client.resetCode(stream);
    expect(world.engine.outcomes().flatMap(({ failures }) => Object.keys(failures))).toEqual([]);
  });

  it('takes nothing of our own answers: cut when nothing moves', async () => {
    await world.start(() => undefined, { timeouts: { responseIdleMs: 300 } });
    const client = await world.attacker([SETTING.initialWindowSize, 0]);
    for (let stream = 1; stream < 40; stream += 2) {
      client.send(headers(stream, request({ ':scheme': 'http' })));
    }
    for (let stream = 1; stream < 40; stream += 2) expect(await client.resetCode(stream)).toBe(CODE.internal);
    expect(world.attacks()).toEqual([]);
  });

  it('does not read from its socket at all (CVE-2019-9517, CVE-2024-45506): cut, and a GOAWAY that cannot leave harms nobody', async () => {
    const big = answer('x'.repeat(256 * 1024));
    await world.start(() => big, {
      timeouts: { responseIdleMs: 400, keepAliveMs: 400 },
    });
    const client = await world.attacker([SETTING.initialWindowSize, 0x7fffffff]);
    client.socket.pause();
    client.send(windowUpdate(0, 0x7fffffff - 65_535));
    for (let stream = 1; stream < 200; stream += 2) client.send(headers(stream, request()));
    await waitUntil('it is cut', () => world.engine.forwarder.connections() <= 1);
    await world.renewBystander();
  });
});
