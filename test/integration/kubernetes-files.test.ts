/** Holds the manifests of infra/kubernetes to each other, to the images, and to what the configuration says. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { useTempDirs } from '../support/temp-dir.js';
import { tidegate } from '../support/tidegate-process.js';

const tempDir = useTempDirs();
const FOLDER = join(process.cwd(), 'infra/kubernetes');
type Labels = Readonly<Record<string, string>>;
// Manifests are looked into field by field; a wrong field shows as a failed expectation.
// oxlint-disable-next-line typescript/no-explicit-any
type Manifest = any;

const manifests: readonly Manifest[] = ['config', 'secret', 'control', 'worker'].flatMap((name) =>
  parseAllDocuments(readFileSync(join(FOLDER, `${name}.yaml`), 'utf8')).map((document) => document.toJS()),
);
const ofKind = (kind: string): readonly Manifest[] => manifests.filter((manifest) => manifest.kind === kind);
const named = (kind: string, name: string): Manifest =>
  ofKind(kind).find(({ metadata }) => metadata.name === name);
const selects = (selector: Labels, labels: Labels): boolean =>
  Object.entries(selector).every(([key, value]) => labels[key] === value);
const templates = (): readonly Manifest[] => ofKind('Deployment').map(({ spec }) => spec.template);

/** Exactly one of the deployments. */
function selected(selector: Labels): Manifest {
  const found = ofKind('Deployment').filter(({ spec }) => selects(selector, spec.template.metadata.labels));
  expect(found).toHaveLength(1);
  return found[0];
}

function configOf(role: string): Manifest {
  return parse(named('ConfigMap', `tidegate-${role}`).data['tidegate.yaml']);
}

it.each(['control', 'worker'])('%s runs as somebody who can change nothing but the data', (role) => {
  const { spec } = named('Deployment', `tidegate-${role}`).spec.template;
  const [container] = spec.containers;
  const image = readFileSync(`Dockerfile.${role}`, 'utf8');
  expect(image).toContain(`USER ${spec.securityContext.runAsUser}:${spec.securityContext.runAsGroup}\n`);
  expect(spec).toMatchObject({
    automountServiceAccountToken: false,
    securityContext: { runAsNonRoot: true },
  });
  expect(container.securityContext).toEqual({
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  });
  const writable = container.volumeMounts.filter(({ readOnly }: Manifest) => readOnly !== true);
  expect(writable.map(({ mountPath }: Manifest) => mountPath)).toEqual([configOf(role).data_dir]);
  expect(image).toContain(`VOLUME ${configOf(role).data_dir}\n`);
});

it('every volume is there, and secrets are for the group alone', () => {
  for (const { spec } of templates()) {
    const mounted = spec.containers[0].volumeMounts.map(({ name }: Manifest) => name);
    expect(spec.volumes.map(({ name }: Manifest) => name).sort()).toEqual(mounted.sort());
    for (const { configMap, secret } of spec.volumes) {
      if (configMap !== undefined) expect(named('ConfigMap', configMap.name)).toBeDefined();
      if (secret === undefined) continue;
      expect(named('Secret', secret.secretName)).toBeDefined();
      expect(secret.defaultMode).toBe(0o440);
      expect(spec.securityContext.fsGroup).toBe(spec.securityContext.runAsGroup);
    }
  }
});

it.each(['control', 'worker'])('the file of %s is where its image looks, and is good', async (role) => {
  const { spec } = named('Deployment', `tidegate-${role}`).spec.template;
  const mountOf = (name: string): string =>
    spec.containers[0].volumeMounts.find((mount: Manifest) => mount.name === name).mountPath;
  const [, command = '[]'] = /^CMD (\[.*\])$/m.exec(readFileSync(`Dockerfile.${role}`, 'utf8')) ?? [];
  expect(JSON.parse(command).at(-1)).toBe(`${mountOf('config')}/tidegate.yaml`);

  const dir = tempDir();
  const secrets = join(dir, 'secrets');
  mkdirSync(secrets);
  for (const name of Object.keys(named('Secret', 'tidegate').stringData)) {
    writeFileSync(join(secrets, name), 'x'.repeat(64), { mode: 0o600 });
  }
  const text: string = named('ConfigMap', `tidegate-${role}`).data['tidegate.yaml'];
  const file = join(dir, 'tidegate.yaml');
  writeFileSync(file, text.replaceAll(mountOf('secrets'), secrets));
  expect(await tidegate(['validate', '--role', role, file])).toMatchObject({ code: 0, stderr: '' });
});

it('labels, selectors, services and budgets name the same pods', () => {
  for (const { spec } of ofKind('Deployment')) {
    expect(spec.template.metadata.labels).toEqual(spec.selector.matchLabels);
    expect(selected(spec.selector.matchLabels).spec).toBe(spec);
    const [spread] = spec.template.spec.topologySpreadConstraints;
    expect(spread.labelSelector).toEqual(spec.selector);
  }
  for (const { spec } of ofKind('Service')) {
    const { ports } = selected(spec.selector).spec.template.spec.containers[0];
    const names = ports.map(({ name }: Manifest) => name);
    for (const { targetPort } of spec.ports) expect(names).toContain(targetPort);
  }
  for (const { spec } of ofKind('PodDisruptionBudget')) {
    const { replicas } = selected(spec.selector.matchLabels).spec;
    // A drain of a node takes pods one by one, and never the last one.
    expect(spec.minAvailable ?? replicas - spec.maxUnavailable).toBeGreaterThanOrEqual(1);
    expect(spec.minAvailable ?? replicas - spec.maxUnavailable).toBeLessThan(replicas);
  }
  expect(ofKind('PodDisruptionBudget')).toHaveLength(ofKind('Deployment').length);
});

it.each([
  ['control', ['admin']],
  ['worker', ['admin', 'http']],
])('ports and probes of %s are those of its file', (role, ports) => {
  const [container] = named('Deployment', `tidegate-${role}`).spec.template.spec.containers;
  const { admin, listen } = configOf(role);
  const numbers: Record<string, number> = { admin: admin.port ?? 9900, http: listen?.port };
  expect(container.ports.map(({ name, containerPort }: Manifest) => [name, containerPort]).sort()).toEqual(
    ports.map((name) => [name, numbers[name]]),
  );
  expect(container.readinessProbe.httpGet).toEqual({ path: '/readyz', port: 'admin' });
  // A host that waits for Redis or for backends is alive: it must not be started again for that.
  expect(container.livenessProbe.httpGet).toEqual({ path: '/livez', port: 'admin' });
  expect(container.startupProbe.httpGet).toEqual({ path: '/livez', port: 'admin' });
});

it('a worker has time to answer what runs, after nobody sends it more', () => {
  const { spec } = named('Deployment', 'tidegate-worker').spec.template;
  const [, pauseS] = spec.containers[0].lifecycle.preStop.exec.command;
  const shutdownS = Number(/^(\d+)s$/.exec(configOf('control').timeouts.shutdown)?.[1]);
  expect(Number(pauseS)).toBeGreaterThan(0);
  expect(spec.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(Number(pauseS) + shutdownS + 5);
});

it('an upgrade takes no pod away before another one is ready', () => {
  for (const { spec } of ofKind('Deployment')) {
    expect(spec.strategy.rollingUpdate).toEqual({ maxUnavailable: 0, maxSurge: 1 });
  }
});

it('nobody starts with the secrets of the example', async () => {
  const { stringData } = named('Secret', 'tidegate');
  const dir = tempDir();
  for (const [name, text] of Object.entries<string>(stringData)) writeFileSync(join(dir, name), text);
  const file = join(dir, 'tidegate.yaml');
  writeFileSync(
    file,
    `admin: { token_file: admin_token }\ndata_dir: data\nbackends: [{ id: a, url: 'http://127.0.0.1:1' }]\n`,
  );
  const { code, stderr } = await tidegate(['serve', file]);
  expect(code).toBe(2);
  expect(stderr).toContain(' has 7 characters; 16 to 1024 are needed');
});
