/** Holds the Dockerfiles to each other, to package.json and to docker-compose.yml, without building anything. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { sourceFiles } from '../support/source-tree.js';

const ROLES = ['control', 'worker'] as const;
const textOf = (file: string): string => readFileSync(file, 'utf8');
const compose = parse(textOf('docker-compose.yml'), { merge: true });
const packageFile = JSON.parse(textOf('package.json'));

/** The last stage is what is shipped. */
function stagesOf(role: string): readonly string[] {
  return textOf(`Dockerfile.${role}`)
    .replaceAll('\\\n', ' ')
    .split(/^(?=FROM )/m)
    .slice(1);
}

describe.each(ROLES)('Dockerfile.%s', (role) => {
  const stages = stagesOf(role);
  const shipped = stages.at(-1)!;

  it('begins from the Node.js that everything is tested with', () => {
    const [, major] = /^ARG NODE_IMAGE=node:(\d+)-slim$/m.exec(textOf(`Dockerfile.${role}`)) ?? [];
    expect(major).toBe(packageFile.devDependencies.node.split('.')[0]);
    for (const stage of stages) expect(stage).toMatch(/^FROM \$\{NODE_IMAGE\}( AS \w+)?\n/);
  });

  it('installs by the lock file alone, and ships no package of development', () => {
    const installs = stages.join('').match(/npm (?:ci|install|i)\b[^&\n]*/g) ?? [];
    expect(installs.map((install) => install.trim())).toEqual([
      'npm ci --ignore-scripts',
      'npm ci --omit=dev --ignore-scripts',
    ]);
    expect(shipped).toMatch(/COPY --from=packages \/app\/node_modules node_modules/);
    expect(shipped.replace(/^#.*$/gm, '')).not.toMatch(/\bnpm\b/);
    expect(shipped).toContain(`\nARG VERSION=${packageFile.version}\n`);
  });

  it('runs Node.js itself as process 1, as a user without rights', () => {
    expect(shipped).toMatch(
      /^ENTRYPOINT \[\]\nCMD \["node", "[^"]+\/tidegate\.js", "\w+", "\/etc\/tidegate\/tidegate\.yaml"\]$/m,
    );
    expect(shipped).toContain(`"${role}", "/etc/tidegate/tidegate.yaml"]`);
    expect(shipped).toMatch(/^USER [1-9]\d*:[1-9]\d*$/m);
    expect(shipped).toMatch(/^HEALTHCHECK .* CMD \["node", "[^"]+\/tidegate\.js", "ready"\]$/m);
    expect(shipped).toMatch(/^STOPSIGNAL SIGTERM$/m);
  });

  it('takes no secret: none in arguments, environment or files', () => {
    const said = stages.join('').replace(/^#.*$/gm, '');
    expect(said).not.toMatch(/password|token|secret|\.npmrc|--mount/i);
    expect(compose.services[role].build.args).toBeUndefined();
  });

  it('copies what is there, and what .dockerignore lets through', () => {
    const letThrough = textOf('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    const copied = [...stages.join('').matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, names = '']) =>
      names.split(' '),
    );
    expect(copied.length).toBeGreaterThan(5);
    for (const name of copied) {
      expect(existsSync(name)).toBe(true);
      expect(letThrough.some((one) => name === one || name.startsWith(`${one}/`))).toBe(true);
    }
  });

  it('is the image of its service, which keeps the root read-only and has time to end', () => {
    const service = compose.services[role];
    expect(service.build).toEqual({ context: '.', dockerfile: `Dockerfile.${role}` });
    expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'], scale: 2 });
    const [, dataDir] = /^VOLUME (\S+)$/m.exec(shipped) ?? [];
    expect(service.volumes).toContain(dataDir);
    expect(service.environment.DATA_DIR).toBe(dataDir);
    for (const { target } of service.volumes.map((text: string) => ({
      target: text.split(':').at(1) ?? text,
    }))) {
      expect(['/etc/tidegate', dataDir]).toContain(target);
    }
  });
});

it('what the image of `control` leaves out is used by workers alone', () => {
  const [, left] = /npm pkg delete dependencies\.(\S+)/.exec(stagesOf('control').join('')) ?? [];
  const users = sourceFiles().filter(({ imports }) => imports.some(({ specifier }) => specifier === left));
  expect(users.length).toBeGreaterThan(0);
  expect(users.filter(({ path }) => !path.startsWith('data-plane/'))).toEqual([]);
});

it('every secret of docker-compose.yml and compose.tls.yml is made by make-secrets, and is in no repository', () => {
  const made = textOf('infra/compose/make-secrets');
  const tls = parse(textOf('compose.tls.yml'));
  const files = Object.entries<{ file: string }>({ ...compose.secrets, ...tls.secrets });
  expect(files.length).toBe(5);
  for (const [name, { file }] of files) {
    expect(made).toContain(name);
    expect(file).toBe(join('infra/compose/secrets', name));
  }
  expect(textOf('.gitignore').split('\n')).toContain('/infra/compose/secrets/');
});

it('nothing of docker-compose.yml can be reached from other machines', () => {
  const published = Object.values<{ ports?: string[] }>(compose.services).flatMap(({ ports = [] }) => ports);
  expect(published.length).toBeGreaterThan(3);
  for (const port of published) expect(port).toMatch(/^127\.0\.0\.1:/);
});

it('a worker is given longer to end than it waits for requests', () => {
  const shutdown = /\| `timeouts\.shutdown` \| `(\d+)s`/.exec(textOf('infra/configuration.md'))?.[1];
  expect(Number.parseInt(compose.services.worker.stop_grace_period, 10)).toBeGreaterThan(Number(shutdown));
});
