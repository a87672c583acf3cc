/**
 * Node's environment for tests, in a process that ends at once. A jest process whose event loop is empty gives back half a gigabyte
 * of heap before it ends. On a busy machine that takes longer than the 500 ms for which jest waits: it kills the process, and
 * says that a test has left a handle open. Here the heap is left to the system.
 */
const { TestEnvironment } = require('jest-environment-node');

/** Not jest itself, which has no parent to talk to and a report to write. */
if (process.send !== undefined) process.once('exit', () => process.exit());

module.exports = TestEnvironment;
