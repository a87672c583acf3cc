#!/usr/bin/env node
/**
 * The command `tidegate`. Looks at the version of Node.js before anything is imported that needs a new one, so that an
 * old one gets a sentence instead of a stack trace.
 */
import { ignoreHarmfulSignals } from '#shared/platform/ignored-signals.js';

const REQUIRED: readonly [major: number, minor: number] = [24, 15];

ignoreHarmfulSignals();

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < REQUIRED[0] || (major === REQUIRED[0] && minor < REQUIRED[1])) {
  process.stderr.write(
    `Tidegate needs Node.js ${REQUIRED.join('.')} or newer, and this is ${process.version} (${process.execPath}). In a checkout, npm ci brings one that npx tidegate uses.\n`,
  );
  process.exitCode = 2;
} else {
  const { runCommandLine } = await import('./command-line.js');
  const { TIDEGATE_VERSION } = await import('../version.js');
  process.exitCode = await runCommandLine(process.argv, TIDEGATE_VERSION);
}
