/** What a worker and its other clients feel of a flood of resets that comes back on new connections. CI counts the work instead. */
import { execFile } from 'node:child_process';
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pass } from 'node:timers/promises';
import { promisify } from 'node:util';
import { AppServer } from '../support/app-server.js';
import { connectH2 } from '../support/h2-client.js';
import { backendList } from '../support/scenario.js';
import { Tidegate } from '../support/tidegate-process.js';

const FLOOD_MS = 10_000;
const CONNECTIONS = 20;
const CALM_MS = 30_000;
/** Of the well-behaved client: a request each… */
const EVERY_MS = 20;
/** Bounds, with reserve: two to three times what was measured (see the README of the data plane). */
const GROWN_MB = 300;
const KEPT_MB = 250;
const P99_MS = 4_000;

const CERTIFICATES = join(process.cwd(), 'test/support/certificates');
const PROGRAM = join(process.cwd(), 'dist/test/support/rapid-reset-flood.js');

function residentMb(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

describe('a worker under a flood of HTTP/2 resets', () => {
  it('serves others meanwhile, and keeps little of it', async () => {
    const app = await AppServer.start('app1');
    const tidegate = Tidegate.prepare(`
listen: { host: 127.0.0.1, port: 0, tls: { cert_file: cert.pem, key_file: key.pem } }
admin: { port: 0 }
workers: 1
log: { format: json }
${backendList([app])}`);
    copyFileSync(join(CERTIFICATES, 'server-key.pem'), join(tidegate.dir, 'key.pem'));
    copyFileSync(join(CERTIFICATES, 'server.pem'), join(tidegate.dir, 'cert.pem'));
    try {
      await tidegate.run();
      await tidegate.untilConverged();
      await tidegate.untilAvailability('app1', 'available');
      const [pid] = await tidegate.workerPids();
      const client = await connectH2(tidegate.port);
      const latencies: number[] = [];
      const asked: Promise<void>[] = [];
      const ask = async (): Promise<void> => {
        const began = performance.now();
        const { stream } = client.request();
        stream.resume();
        await new Promise((resolve) => stream.once('close', resolve));
        expect(stream.rstCode).toBe(0);
        latencies.push(performance.now() - began);
      };
      await ask();
      const before = residentMb(pid!);
      let most = before;
      const asking = setInterval(() => {
        most = Math.max(most, residentMb(pid!));
        asked.push(ask());
      }, EVERY_MS);
      const { stdout } = await promisify(execFile)(
        process.execPath,
        [PROGRAM, tidegate.port, CONNECTIONS, FLOOD_MS].map(String),
      ).finally(() => clearInterval(asking));
      await Promise.all(asked);
      client.close();
      latencies.sort((a, b) => a - b);
      const p99 = latencies[Math.floor(latencies.length * 0.99)]!;
      // What V8 and malloc give back, they give back late.
      await pass(CALM_MS);
      const kept = residentMb(pid!) - before;
      process.stdout.write(
        `${stdout.trim()} connections; grown by ${Math.round(most - before)} MB, kept ${Math.round(kept)} MB; ` +
          `p99 of others ${Math.round(p99)} ms\n`,
      );
      expect(Number(stdout)).toBeGreaterThan(CONNECTIONS);
      expect(await tidegate.workerPids()).toEqual([pid]);
      expect(most - before).toBeLessThan(GROWN_MB);
      expect(kept).toBeLessThan(KEPT_MB);
      expect(p99).toBeLessThan(P99_MS);
    } finally {
      await tidegate.dispose();
      await app.kill();
    }
  }, 120_000);
});
