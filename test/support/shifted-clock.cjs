/**
 * Loaded into a process before anything else (`--require`): its wall clock is off by the milliseconds that are in the file
 * SHIFTED_CLOCK_FILE, and steps when that file changes. The monotonic clock is the machine's, as when an operator sets the time.
 */
'use strict';
const { readFileSync, watchFile } = require('node:fs');

const LOOK_EVERY_MS = 100;
const file = process.env.SHIFTED_CLOCK_FILE;
const SystemDate = Date;

let aheadMs = 0;
function look() {
  aheadMs = Number(readFileSync(file, 'utf8'));
}
look();
watchFile(file, { interval: LOOK_EVERY_MS, persistent: false }, () => {
  look();
  process.stdout.write(`${JSON.stringify({ clockAheadMs: aheadMs })}\n`);
});

globalThis.Date = class Date extends SystemDate {
  constructor(...parts) {
    super(...(parts.length === 0 ? [SystemDate.now() + aheadMs] : parts));
  }

  static now() {
    return SystemDate.now() + aheadMs;
  }
};
