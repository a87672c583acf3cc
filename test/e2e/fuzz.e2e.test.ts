/** A short form of test/long/fuzz.long.ts, which takes both engines. The seed is fixed; another one is set by FUZZ_SEED. */
import { runFuzz } from '../support/fuzz/fuzz-run.js';

const SEED = Number(process.env['FUZZ_SEED'] ?? 20_261_130);
/** Nothing here is about time. */
const LIMIT_MS = 150_000;

describe('clients and backends that send anything', () => {
  it.each([
    ['HTTP/2 and HTTP/1.1 over TLS', true, 60],
    ['HTTP/1.1', false, 120],
  ])(
    'end no worker, and have no backend blamed: %s',
    async (_name, secure, connections) => {
      const goesOn = (count: number): boolean => count < connections;
      const { problems } = await runFuzz({ engine: 'native', seed: SEED, secure, goesOn });
      expect({ seed: SEED, problems }).toEqual({ seed: SEED, problems: [] });
    },
    LIMIT_MS,
  );
});
