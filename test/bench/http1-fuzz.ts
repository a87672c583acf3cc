/**
 * Compares the wire modules with node's strict parser on as many generated streams as asked for:
 * `node dist/test/bench/http1-fuzz.js --count 1000000 [--seed 1]`. Fails at the first difference, with its seed.
 */
import { parseArgs } from 'node:util';
import { checkSeed, type FuzzTotals } from '../support/http1-wire/compare-with-node.js';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
    all: { type: 'boolean' },
  },
});
const first = Number(values.seed);
const count = Number(values.count);
const totals: FuzzTotals = { streams: 0, messages: 0, refused: 0 };
const started = process.hrtime.bigint();
let broken = 0;
for (let seed = first; seed < first + count; seed++) {
  const difference = checkSeed(seed, totals);
  if (difference === null) continue;
  broken++;
  process.stdout.write(`${difference}\n`);
  if (values.all !== true || broken === 50) break;
}
const seconds = Number(process.hrtime.bigint() - started) / 1e9;
process.stdout.write(
  `${totals.streams} streams, ${totals.messages} heads accepted, ${totals.refused} streams refused, ${broken} differences, ${seconds.toFixed(0)} s\n`,
);
process.exitCode = broken === 0 ? 0 : 1;
