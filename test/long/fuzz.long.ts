/**
 * Anything that clients and backends can send, for ten minutes per engine: HTTP/2 and HTTP/1.1 over TLS, then HTTP/1.1 alone.
 * `FUZZ_SEED` repeats a run as far as chance goes, `FUZZ_MINUTES` makes it shorter.
 */
import { runFuzz } from '../support/fuzz/fuzz-run.js';

const MINUTES = Number(process.env['FUZZ_MINUTES'] ?? 10);
const SEED = Number(process.env['FUZZ_SEED'] ?? Date.now() % 1_000_000_000);
/** Of the time, how much goes to TLS. */
const PARTS = [
  ['HTTP/2 and HTTP/1.1 over TLS', true, 0.7],
  ['HTTP/1.1', false, 0.3],
] as const;

describe.each(['native', 'compat'] as const)(
  'clients and backends of the %s engine that send anything',
  (engine) => {
    it.each(PARTS)(
      'end no worker, and have no backend blamed: %s',
      async (name, secure, share) => {
        const end = performance.now() + MINUTES * share * 60_000;
        const result = await runFuzz({ engine, seed: SEED, secure, goesOn: () => performance.now() < end });
        const { ledger, rss, problems } = result;
        const told = { engine, name, seed: SEED, ...ledger, findings: ledger.findings.length, rss };
        process.stdout.write(`${JSON.stringify(told)}\n`);
        expect({ seed: SEED, problems }).toEqual({ seed: SEED, problems: [] });
      },
      (MINUTES + 2) * 60_000,
    );
  },
);
