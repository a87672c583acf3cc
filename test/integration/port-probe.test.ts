/** Finding out whether a port can be had, on real sockets. */
import { listenProblem, tryPort, untilPortFree } from '../../control-plane/workers/port-probe.js';
import { systemTimers } from '../../shared/platform/system-clock.js';
import { type BackendServer, startBackend } from '../support/backend-server.js';

const taken = (): Promise<BackendServer> => startBackend(() => undefined);

describe('tryPort', () => {
  it('says that a port is taken, and leaves one that is free as it was', async () => {
    const server = await taken();
    const { port } = server;
    expect(await tryPort('127.0.0.1', port, false)).toBe('EADDRINUSE');
    await server.close();
    expect(await tryPort('127.0.0.1', port, false)).toBeNull();
    expect(await tryPort('127.0.0.1', port, false)).toBeNull();
  });

  it('says that an address is not of this machine', async () => {
    expect(await tryPort('192.0.2.1', 0, false)).toBe('EADDRNOTAVAIL');
  });
});

describe('untilPortFree', () => {
  it('waits for a port that is let go in time', async () => {
    const server = await taken();
    const { port } = server;
    const waiting = untilPortFree({ host: '127.0.0.1', port, reusePort: false }, 5_000, systemTimers);
    systemTimers.after(60, () => void server.close());
    expect(await waiting).toBeNull();
  });

  it('gives up at its limit', async () => {
    const server = await taken();
    const { port } = server;
    const address = { host: '127.0.0.1', port, reusePort: false };
    expect(await untilPortFree(address, 60, systemTimers)).toBe('EADDRINUSE');
    await server.close();
  });

  it('does not wait for what waiting cannot change', async () => {
    const address = { host: '192.0.2.1', port: 8080, reusePort: false };
    expect(await untilPortFree(address, 3_600_000, systemTimers)).toBe('EADDRNOTAVAIL');
  });
});

describe('listenProblem', () => {
  it.each(['EADDRINUSE', 'EACCES', 'EADDRNOTAVAIL', 'EWHATEVER'])('names what, where and why: %s', (code) => {
    const sentence = listenProblem('main listener', '::1', 80, code);
    expect(sentence).toMatch(/^main listener: /);
    expect(sentence).toContain('[::1]:80');
    expect(listenProblem('admin', '127.0.0.1', 9900, code)).toContain('127.0.0.1:9900');
  });
});
