/** Runs every command of README's section about a fleet in containers, in its order, as a newcomer would. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { ComposeLocal } from '../support/compose-local.js';
import { type CliResult, runProgram } from '../support/tidegate-process.js';
import { waitUntil } from '../support/wait-until.js';

const [, section = ''] = readFileSync('README.md', 'utf8').split('\n### A whole fleet with one command\n');
const [text = ''] = section.split(/\n##+ /);
const commands = [...text.matchAll(/^```sh\n([^]*?)^```$/gm)].flatMap(([, block = '']) =>
  block
    .trim()
    .split('\n')
    .map((line) => line.replace(/ +#.*$/, '')),
);

/** What a command has to print for its promise to hold. Some are kept a moment later, so they are run until it does. */
const PROMISES: readonly (readonly [command: RegExp, output: RegExp])[] = [
  [/ ps$/, /worker-2 .*8080/],
  [/^curl -s http:\/\/\$\(.* worker 8080\)\/$/, /"backend":"backend[123]"/],
  [/tidegate hosts$/, /control-[12] leads, [46] of [46] hosts live/],
  [/exec worker tidegate status$/, /pool web .*3 of 3 available/],
  [/exec worker tidegate backends$/, /backend1 .* 10 /],
  [/break$/, /"broken":true/],
  [/repair$/, /"broken":false/],
  [/tidegate events$/, /weight 1 → 10/],
  [/why web\/backend3$/, /503/],
];

describe('README, a whole fleet with one command', () => {
  const compose = new ComposeLocal();
  const programs = mkdtempSync(join(tmpdir(), 'tidegate-programs-'));

  beforeAll(() => {
    // Docker as README promises it: compose-local in its place takes the same commands.
    writeFileSync(
      join(programs, 'docker'),
      '#!/bin/sh\n[ "$1" = compose ] && shift && exec infra/compose-local "$@"\nexit 9\n',
      {
        mode: 0o755,
      },
    );
  });
  afterAll(async () => {
    await compose.dispose();
    rmSync(programs, { recursive: true, force: true });
  });

  function run(command: string): Promise<CliResult> {
    const PATH = [programs, process.env['PATH']].join(delimiter);
    // The system chooses the ports, so that two runs of this test do not meet.
    const here = command.replace('127.0.0.1:8093', '$(docker compose port backend3 8080)');
    return runProgram('sh', ['-c', here], { ...compose.env, PATH });
  }

  it('has commands, and a promise about each kind', () => {
    expect(commands.length).toBeGreaterThan(15);
    for (const [command] of PROMISES) expect(commands.filter((one) => command.test(one))).not.toEqual([]);
  });

  it.each(commands)('%s', async (command) => {
    const promise = PROMISES.find(([pattern]) => pattern.test(command))?.[1];
    if (promise === undefined) {
      expect(await run(command)).toMatchObject({ code: 0 });
      return;
    }
    let last: CliResult | null = null;
    await waitUntil(`${command} to print ${promise}`, async () => {
      last = await run(command);
      return last.code === 0 && promise.test(last.stdout);
    }).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${JSON.stringify(last)}`);
    });
  });
});
