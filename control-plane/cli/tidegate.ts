#!/usr/bin/env node
/**
 * The program behind the command `tidegate`, which `tidegate.sh` starts with a suitable Node.js. Somebody may also run
 * this file directly. It therefore looks at the version of Node.js before it imports anything that needs a new one: an
 * old Node.js gets a sentence instead of a stack trace. The first line is for links to this file that npm made for
 * earlier releases, because without it a shell would run the text below as a script.
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
