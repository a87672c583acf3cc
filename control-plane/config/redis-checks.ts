/**
 * Checks which settings of Redis exclude or need each other. It looks at the file as written, as `cross-checks.ts`
 * does.
 */
import { isRecord } from '#shared/is-record.js';
import type { ValueProblem } from './schema-problems.js';
import type { Path } from './yaml-document.js';

type Mapping = Readonly<Record<string, unknown>>;

/** The keys that say where the servers are. A Redis has exactly one of them. */
const WAYS = ['url', 'sentinels', 'cluster'] as const;
const PARTS = ['control', 'sessions'] as const;

export function redisProblems(file: Mapping): readonly ValueProblem[] {
  const redis = file['redis'];
  if (!isRecord(redis)) return [];
  const cluster = file['cluster'];
  const problems: ValueProblem[] = [];
  if (!isRecord(cluster) || !Object.hasOwn(cluster, 'name')) {
    const message = 'expected cluster.name, too: all hosts with the same name share what is in this Redis';
    problems.push({ path: ['redis'], atKey: true, message });
  }
  const parts = PARTS.filter((name) => Object.hasOwn(redis, name));
  if (parts.length === 0) return [...problems, ...oneRedisProblems(redis, ['redis'])];
  for (const key of Object.keys(redis).filter((name) => !parts.some((part) => part === name))) {
    const message = `expected inside ${parts.join(' or ')}: a file has the keys of one Redis, or control and sessions`;
    problems.push({ path: ['redis', key], atKey: true, message });
  }
  for (const part of parts) {
    const inner = redis[part];
    if (isRecord(inner)) problems.push(...oneRedisProblems(inner, ['redis', part]));
  }
  return problems;
}

function oneRedisProblems(redis: Mapping, path: Path): readonly ValueProblem[] {
  const has = (key: string): boolean => Object.hasOwn(redis, key);
  const problems: ValueProblem[] = [];
  const tell = (key: string, message: string): void => {
    problems.push({ path: [...path, key], atKey: true, message });
  };
  const [way, ...others] = WAYS.filter(has);
  if (way === undefined) {
    problems.push({
      path,
      atKey: false,
      message: `expected one of ${WAYS.join(', ')}, which say where Redis is`,
    });
  }
  for (const other of others) {
    tell(other, `expected no ${other} beside ${way ?? ''}: both say where Redis is`);
  }
  if (has('sentinels') && !has('name')) {
    tell('sentinels', 'expected name beside it: the set of servers, as the Sentinels know it');
  }
  for (const key of ['name', 'sentinel_password_file'].filter((name) => has(name) && !has('sentinels'))) {
    tell(key, 'expected only together with sentinels');
  }
  if (has('cluster') && has('wait_replicas')) {
    tell(
      'wait_replicas',
      'expected no cluster beside it: only the server that was written to knows its replicas',
    );
  }
  const { url, tls } = redis;
  if (!isRecord(tls)) return problems;
  if (typeof url === 'string' && /^redis:/i.test(url) && isOn(tls)) {
    tell('tls', 'expected rediss:// in the URL beside it: with redis:// there is no TLS');
  }
  if (typeof url === 'string' && /^rediss:/i.test(url) && !isOn(tls)) {
    tell('tls', 'expected redis:// in the URL beside it: with rediss:// there is TLS');
  }
  for (const [key, other] of [
    ['cert_file', 'key_file'],
    ['key_file', 'cert_file'],
  ] as const) {
    if (Object.hasOwn(tls, key) && !Object.hasOwn(tls, other)) {
      problems.push({ path: [...path, 'tls', key], atKey: true, message: `expected ${other} beside it` });
    }
  }
  return problems;
}

function isOn(tls: Mapping): boolean {
  return tls['enabled'] !== false && tls['enabled'] !== 'false';
}
