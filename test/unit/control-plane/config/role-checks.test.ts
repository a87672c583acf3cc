import { parseConfig } from '../../../../control-plane/config/parse-config.js';
import type { Role } from '../../../../shared/role.js';
import { B, tellsEachProblem } from '../../../support/config-problems.js';

const FLEET = 'redis: { url: "redis://r" }\ncluster: { name: web }\n';
const NO_TRAFFIC = 'expected in the file of a worker: tidegate control takes no traffic';
const OF_THE_FLEET =
  'expected in the file of tidegate control or tidegate serve: a worker has it from its fleet';

function configOf(text: string, role: Role) {
  const result = parseConfig(text, '/etc/f.yaml', {}, 6, role);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.config;
}

describe('the file of tidegate control', () => {
  it('brings a configuration, and has no workers', () => {
    const { process, document } = configOf(`${B}${FLEET}`, 'control');
    expect(process.workers).toBe(0);
    expect(process.cluster.candidate).toBe(true);
    expect(document?.pools).toHaveLength(1);
  });

  tellsEachProblem(
    [
      [
        'is not for traffic',
        `${B}${FLEET}listen: { port: 80 }\nworkers: 2\nengine: native\naccept: shared\n`,
        `f.yaml:4:1: listen: ${NO_TRAFFIC}`,
        `f.yaml:5:1: workers: ${NO_TRAFFIC}`,
        `f.yaml:6:1: engine: ${NO_TRAFFIC}`,
        `f.yaml:7:1: accept: ${NO_TRAFFIC}`,
      ],
      [
        'needs a fleet',
        B,
        'f.yaml:1:1: expected redis and cluster: tidegate control is a part of a fleet. Alone, a host needs tidegate serve',
      ],
      [
        'needs more than sessions',
        `${B}redis: { sessions: { url: "redis://r" } }\ncluster: { name: web }\n`,
        'f.yaml:2:1: redis: expected redis.control: tidegate control is a part of a fleet. Alone, a host needs tidegate serve',
      ],
      [
        'may lead',
        `${B}redis: { url: "redis://r" }\ncluster: { name: web, candidate: false }\n`,
        'f.yaml:3:23: cluster.candidate: expected no false: tidegate control is there to lead',
      ],
    ],
    {},
    'control',
  );
});

describe('the file of tidegate worker', () => {
  it('brings no configuration, and never leads', () => {
    const { process, document } = configOf(`${FLEET}listen: { port: 81 }\n`, 'worker');
    expect(process.workers).toBe(6);
    expect(process.listen.port).toBe(81);
    expect(process.cluster.candidate).toBe(false);
    expect(document).toBe(null);
  });

  tellsEachProblem(
    [
      [
        'has nothing that the fleet has one of',
        `${FLEET}algorithm: random\nbackends: []\nretry: { attempts: 2 }\nlog: { level: info, access: on }\nrouts: []\n`,
        `f.yaml:3:1: algorithm: ${OF_THE_FLEET}`,
        `f.yaml:4:1: backends: ${OF_THE_FLEET}`,
        `f.yaml:5:1: retry: ${OF_THE_FLEET}`,
        `f.yaml:6:21: log.access: ${OF_THE_FLEET}`,
        'f.yaml:7:1: routs: unknown key; did you mean routes?',
      ],
      [
        'has no pools and routes',
        `${FLEET}pools: { web: { backends: [] } }\nroutes: []\n`,
        `f.yaml:3:1: pools: ${OF_THE_FLEET}`,
        `f.yaml:4:1: routes: ${OF_THE_FLEET}`,
      ],
      [
        'needs a fleet',
        'listen: { port: 81 }\n',
        'f.yaml:1:1: expected redis and cluster: tidegate worker is a part of a fleet. Alone, a host needs tidegate serve',
      ],
      [
        'does not lead',
        'redis: { url: "redis://r" }\ncluster: { name: web, candidate: true }\n',
        'f.yaml:2:23: cluster.candidate: expected no true: tidegate worker never leads',
      ],
    ],
    {},
    'worker',
  );
});
