import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { AppServer } from '../support/app-server.js';
import { isAlive } from '../support/is-alive.js';
import { backendList, base } from '../support/scenario.js';
import { useTempDirs } from '../support/temp-dir.js';
import { Tidegate } from '../support/tidegate-process.js';
import { waitUntil } from '../support/wait-until.js';

const LAUNCHER = join(process.cwd(), 'control-plane/cli/tidegate.sh');
const newDir = useTempDirs();

function program(path: string, text: string): void {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text);
  chmodSync(path, 0o755);
}

/** A stand-in for Node.js: tells its version, or what it was given. */
function fakeNode(path: string, version: string): void {
  program(
    path,
    `#!/bin/sh\nif [ "$1" = --version ]; then echo ${version}; else echo "${version} $$ $*"; fi\n`,
  );
}

describe('the command tidegate', () => {
  let dir: string;
  /** A checkout of its own, with stand-ins for every Node.js: `own` beside it, `onPath` on PATH. */
  function checkout(nodes: { readonly own?: string; readonly onPath?: string }): string {
    dir = join(newDir(), 'a checkout');
    mkdirSync(join(dir, 'control-plane/cli'), { recursive: true });
    cpSync(LAUNCHER, join(dir, 'control-plane/cli/tidegate.sh'));
    cpSync('package.json', join(dir, 'package.json'));
    program(join(dir, 'dist/control-plane/cli/tidegate.js'), '');
    if (nodes.own !== undefined) fakeNode(join(dir, 'node_modules/node/bin/node'), nodes.own);
    if (nodes.onPath !== undefined) fakeNode(join(dir, 'path/node'), nodes.onPath);
    return join(dir, 'control-plane/cli/tidegate.sh');
  }

  function run(command: string, ...args: string[]): { code: number | null; out: string; err: string } {
    // Only what POSIX has is on PATH, and no Node.js but the stand-in.
    const tools = newDir();
    for (const tool of ['sh', 'dirname', 'readlink', 'sed']) {
      symlinkSync(
        execFileSync('sh', ['-c', `command -v ${tool}`])
          .toString()
          .trim(),
        join(tools, tool),
      );
    }
    const env = { PATH: `${join(dir, 'path')}:${tools}` };
    const { status, stdout, stderr } = spawnSync(command, args, { env, cwd: newDir(), encoding: 'utf8' });
    return { code: status, out: stdout, err: stderr };
  }

  it('prefers the Node.js of its checkout, and gives it every argument as it is', () => {
    const { code, out } = run(checkout({ own: 'v26.10.0', onPath: 'v99.0.0' }), 'why', 'a b', '--at', '*');
    const entry = join(dir, 'dist/control-plane/cli/tidegate.js');
    expect({ code, out: out.replace(/ \d+ /, ' ') }).toEqual({
      code: 0,
      out: `v26.10.0 ${entry} why a b --at *\n`,
    });
  });

  it.each(['v24.15.0', 'v24.16.1', 'v25.0.0', 'v100.1.0'])('takes %s on PATH', (version) => {
    expect(run(checkout({ onPath: version }))).toMatchObject({ code: 0, err: '' });
  });

  it.each(['v24.14.9', 'v20.20.2', 'v8.17.0'])('refuses %s on PATH in one sentence', (version) => {
    const { code, out, err } = run(checkout({ onPath: version }));
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(
      new RegExp(`^tidegate: it needs Node.js 24\\.15 or newer, and \\S.* is ${version}; npm ci in .*\\n$`),
    );
  });

  it('says so where there is no Node.js, or none that runs, or nothing was built', () => {
    expect(run(checkout({})).err).toMatch(/^tidegate: .* and there is none on PATH; npm ci in .*\n$/);
    const broken = checkout({ own: 'v26.10.0', onPath: 'v26.0.0' });
    program(join(dir, 'node_modules/node/bin/node'), '#!/nonexistent/interpreter\n');
    expect(run(broken)).toMatchObject({ code: 0, out: expect.stringMatching(/^v26\.0\.0 /) });
    const unbuilt = checkout({ own: 'v26.10.0' });
    execFileSync('rm', ['-r', join(dir, 'dist')]);
    expect(run(unbuilt)).toMatchObject({ code: 2, err: `tidegate: it is not built: run npm ci in ${dir}\n` });
  });

  it('is found through links, relative ones and links to links', () => {
    const command = checkout({ own: 'v26.10.0' });
    mkdirSync(join(dir, 'node_modules/.bin'));
    symlinkSync('../../control-plane/cli/tidegate.sh', join(dir, 'node_modules/.bin/tidegate'));
    const bin = newDir();
    symlinkSync(join(dir, 'node_modules/.bin/tidegate'), join(bin, 'far'));
    symlinkSync('far', join(bin, 'tidegate'));
    expect(readlinkSync(join(bin, 'tidegate'))).toBe('far');
    for (const link of [command, join(dir, 'node_modules/.bin/tidegate'), join(bin, 'tidegate')]) {
      expect(run(link, 'status')).toMatchObject({ code: 0, out: expect.stringMatching(/ status\n$/) });
    }
  });

  it('needs the release of Node.js that package.json names, wherever that is looked at', () => {
    const { engines, bin } = JSON.parse(readFileSync('package.json', 'utf8'));
    const [, major, minor] = /^>=(\d+)\.(\d+)$/.exec(engines.node) ?? [];
    expect(readFileSync('control-plane/cli/tidegate.ts', 'utf8')).toContain(`= [${major}, ${minor}];`);
    expect(join(process.cwd(), bin.tidegate)).toBe(LAUNCHER);
  });
});

describe('the packed package', () => {
  it('brings the command, and the command works where it is installed', () => {
    const packed = execFileSync(
      'npm',
      ['pack', '--ignore-scripts', '--json', '--pack-destination', newDir()],
      {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    );
    const [pack] = JSON.parse(packed);
    const files = (pack.files as { path: string; mode: number }[]).map(({ path }) => path);
    expect(files).toEqual(expect.arrayContaining(['README.md', 'LICENSE', 'control-plane/cli/tidegate.sh']));
    expect(files.filter((path) => path.startsWith('test/') || path.startsWith('dist/test/'))).toEqual([]);
    // As npm lays it out: the package, its dependencies beside it, and a link to its command.
    const project = newDir();
    const home = join(project, 'node_modules/tidegate');
    for (const path of files) cpSync(path, join(home, path));
    for (const name of [
      ...Object.keys(JSON.parse(readFileSync('package.json', 'utf8')).dependencies),
      'node',
    ]) {
      mkdirSync(join(project, 'node_modules', name, '..'), { recursive: true });
      symlinkSync(join(process.cwd(), 'node_modules', name), join(project, 'node_modules', name));
    }
    mkdirSync(join(project, 'node_modules/.bin'));
    const command = join(project, 'node_modules/.bin/tidegate');
    symlinkSync('../tidegate/control-plane/cli/tidegate.sh', command);
    expect(existsSync(command)).toBe(true);
    const example = join(home, 'infra/tidegate.example.yaml');
    expect(spawnSync(command, ['validate', example], { encoding: 'utf8' })).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('valid'),
    });
  });
});

describe('tidegate serve by its command', () => {
  it('reloads at SIGHUP and ends with its workers at SIGTERM', async () => {
    const app = await AppServer.start('app1');
    const yaml = `${base(2)}${backendList([app])}`;
    const tidegate = Tidegate.prepare(yaml);
    tidegate.command = [LAUNCHER];
    await tidegate.run();
    const workers = await tidegate.workerPids();
    tidegate.write(yaml.replace('weight: 1', 'weight: 5'));
    process.kill(tidegate.pid, 'SIGHUP');
    const reloaded = await waitUntil('the reload', async () =>
      (await tidegate.events('&type=BackendSettingsChanged')).at(-1),
    );
    // The watch of the file would have come to it later.
    expect(reloaded).toMatchObject({ actor: { name: 'SIGHUP' }, data: { to: { weight: 5 } } });
    process.kill(tidegate.pid, 'SIGTERM');
    expect(await tidegate.exited).toBe(0);
    await waitUntil('the workers to be gone', () => !workers.some(isAlive));
    await tidegate.dispose();
    await app.kill();
  });
});
