/**
 * Checks whether the file says what a process of its role needs, and nothing that is for another role. It looks at the file
 * as written, as `cross-checks.ts` does.
 */
import { isRecord } from '#shared/is-record.js';
import { DOCUMENT_KEYS, DOCUMENT_LOG_KEYS } from './config-schema.js';
import type { ProcessSettings } from './process-settings.js';
import type { Role } from '#shared/role.js';
import type { ValueProblem } from './schema-problems.js';

type Mapping = Readonly<Record<string, unknown>>;

/** Settings of the processes that take traffic. */
const TRAFFIC_KEYS = ['listen', 'workers', 'worker_memory_limit', 'engine', 'accept'];
const NO_TRAFFIC = 'expected in the file of a worker: tidegate control takes no traffic';
const NO_CONFIGURATION =
  'expected in the file of tidegate control or tidegate serve: a worker has it from its fleet';

export function roleProblems(file: Mapping, role: Role): readonly ValueProblem[] {
  if (role === 'serve') return [];
  return [...foreignKeys(file, role), ...fleetProblems(file, role)];
}

/** The settings of a process of this role. */
export function settingsFor(role: Role, settings: ProcessSettings): ProcessSettings {
  if (role === 'serve') return settings;
  if (role === 'control') return { ...settings, workers: 0 };
  return { ...settings, cluster: { ...settings.cluster, candidate: false } };
}

function foreignKeys(file: Mapping, role: 'control' | 'worker'): readonly ValueProblem[] {
  const found = (keys: readonly string[], at: Mapping): readonly string[] =>
    keys.filter((key) => Object.hasOwn(at, key));
  if (role === 'control') return found(TRAFFIC_KEYS, file).map((key) => atKey([key], NO_TRAFFIC));
  const log = file['log'];
  const ofLog = isRecord(log) ? found(DOCUMENT_LOG_KEYS, log) : [];
  return [
    ...found(DOCUMENT_KEYS, file).map((key) => atKey([key], NO_CONFIGURATION)),
    ...ofLog.map((key) => atKey(['log', key], NO_CONFIGURATION)),
  ];
}

function fleetProblems(file: Mapping, role: 'control' | 'worker'): readonly ValueProblem[] {
  const { redis, cluster } = file;
  const problems: ValueProblem[] = [];
  const isShared = isRecord(redis) && (Object.hasOwn(redis, 'control') || !Object.hasOwn(redis, 'sessions'));
  if (redis === undefined || (isRecord(redis) && !isShared)) {
    const message = `expected ${isRecord(redis) ? 'redis.control' : 'redis and cluster'}: tidegate ${role} is a part of a fleet. Alone, a host needs tidegate serve`;
    problems.push({ path: redis === undefined ? [] : ['redis'], atKey: redis !== undefined, message });
  }
  if (!isRecord(cluster) || !Object.hasOwn(cluster, 'candidate')) return problems;
  const given = String(cluster['candidate']);
  if (role === 'control' && given === 'false') {
    problems.push(atKey(['cluster', 'candidate'], 'expected no false: tidegate control is there to lead'));
  }
  if (role === 'worker' && given === 'true') {
    problems.push(atKey(['cluster', 'candidate'], 'expected no true: tidegate worker never leads'));
  }
  return problems;
}

function atKey(path: readonly string[], message: string): ValueProblem {
  return { path, atKey: true, message };
}
