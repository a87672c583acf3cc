/**
 * Order of test files: the long ones first, so that on two cores the short ones fill up what is left at the end. Without
 * it a fresh checkout, where jest knows no durations, ends with a minute of load on one core.
 */
const { default: Sequencer } = require('@jest/test-sequencer');

/** Earlier in this list, earlier in the run. */
const ORDER = [
  'test/e2e/load',
  'test/e2e/',
  'test/simulation/',
  'test/integration/',
  'test/architecture/',
  'test/property/',
];

function rank({ path }) {
  const found = ORDER.findIndex((part) => path.includes(part));
  return found < 0 ? ORDER.length : found;
}

module.exports = class LongTestsFirst extends Sequencer {
  sort(tests) {
    return super.sort(tests).toSorted((a, b) => rank(a) - rank(b));
  }
};
