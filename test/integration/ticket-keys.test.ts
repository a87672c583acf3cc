import { join } from 'node:path';
import { CertificateReloader } from '../../control-plane/runtime/certificate-reloader.js';
import { sharedTicketKeys } from '../../control-plane/runtime/shared-keys.js';
import type { PrimaryMessage } from '../../shared/message.js';
import { quietLogger } from '../support/quiet-logger.js';
import { virtualTimers } from '../support/virtual-timers.js';

const FILES = {
  certFile: join(process.cwd(), 'test/support/certificates/server.pem'),
  keyFile: join(process.cwd(), 'test/support/certificates/server-key.pem'),
};
const HALF_DAY = 43_200_000;

/** A reloader at virtual time 0, and what it has told the workers. */
async function arranged(secret: string | null) {
  const timers = virtualTimers();
  const told: PrimaryMessage[] = [];
  const system = {
    host: 'here',
    clock: timers,
    timers,
    random: () => 0.5,
    seed: () => 1,
    logger: quietLogger,
  };
  const reloader = await CertificateReloader.load(FILES, secret, system);
  await reloader.attach({
    submit: () => Promise.resolve({ kind: 'mailbox-full' } as const),
    broadcast: (message) => told.push(message),
  });
  return { timers, told, reloader };
}

describe('the keys of TLS tickets', () => {
  it('are renewed at the same time on all hosts that share a secret, and told to the workers', async () => {
    const secret = 'x'.repeat(32);
    const { timers, told, reloader } = await arranged(secret);
    expect(reloader.material?.ticketKeys).toEqual(sharedTicketKeys(secret, 0).keys);
    timers.advance(HALF_DAY);
    timers.advance(HALF_DAY - 1);
    expect(told).toMatchObject([
      { type: 'certificate', certificate: { ticketKeys: sharedTicketKeys(secret, HALF_DAY).keys } },
    ]);
    timers.advance(1);
    expect(told).toHaveLength(2);
    reloader.close();
    expect(timers.waiting()).toBe(0);
  });

  it('stay where a host has no secret to share', async () => {
    const { timers, told, reloader } = await arranged(null);
    const before = reloader.material;
    timers.advance(10 * HALF_DAY);
    expect(reloader.material).toEqual(before);
    expect(told).toEqual([]);
    reloader.close();
  });
});
