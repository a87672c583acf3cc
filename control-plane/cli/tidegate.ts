#!/usr/bin/env node
/**
 * The command `tidegate`, once `tidegate.sh` has found a Node.js. Looks at its version before anything is imported that
 * needs a new one, because this file can be run directly: an old one gets a sentence instead of a stack trace. The first
 * line is for links to this file that npm made earlier: a shell would take the text below for a script.
 */
import { ignoreHarmfulSignals } from '#shared/platform/ignored-signals.js';

const REQUIRED: readonly [major: number, minor: number] = [24, 15];

ignoreHarmfulSignals();

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < REQUIRED[0] || (major === REQUIRED[0] && minor < REQUIRED[1])) {
  process.stderr.write(
    `Tidegate needs Node.js ${REQUIRED.join('.')} or newer, and this is ${process.version} (${process.execPath}). npm ci brings one, which node_modules/.bin/tidegate uses.\n`,
  );
  process.exitCode = 2;
} else {
  const { runCommandLine } = await import('./command-line.js');
  const { TIDEGATE_VERSION } = await import('../version.js');
  process.exitCode = await runCommandLine(process.argv, TIDEGATE_VERSION);
}
