/**
 * Reads the files that the settings of Redis and of the cluster name: passwords, certificates, and the secret that all
 * hosts share. It reports all problems at once, each at the setting that names the file.
 */
import { X509Certificate } from 'node:crypto';
import type { RedisAccess } from '#shared/redis-access.js';
import { loadCertificate } from './certificates.js';
import type { FileSetting } from './parse-config.js';
import type { ProcessSettings } from './process-settings.js';
import { readSmallFile } from './read-file.js';
import type { RedisPart, RedisReach } from './redis-settings.js';
import { readSecretText, type SecretForm } from './secret-text.js';

const MAX_PEM_BYTES = 1_048_576;

const PASSWORD: SecretForm = {
  name: 'password',
  minLength: 1,
  pattern: /^[^\p{Cc}]+$/u,
  inWords: 'one line of text',
};

/** 32 characters out of 64 are 192 bits. */
const SECRET: SecretForm = {
  name: 'secret',
  minLength: 32,
  pattern: /^[!-~]+$/,
  inWords: 'one line of printable ASCII without spaces',
};

interface Finding {
  readonly setting: FileSetting;
  readonly message: string;
}

/**
 * Access to the Redis for each purpose, and the secret. `null` where nothing is configured, or where a problem was
 * found.
 */
export interface ClusterFiles {
  readonly control: RedisAccess | null;
  readonly sessions: RedisAccess | null;
  /** The secret that all hosts share. */
  readonly secret: string | null;
  readonly problems: readonly Finding[];
  readonly warnings: readonly Finding[];
}

/** Never rejects: problems are part of the result. */
export async function readClusterFiles({
  redis,
  cluster,
}: Pick<ProcessSettings, 'redis' | 'cluster'>): Promise<ClusterFiles> {
  const found = new Findings();
  const secret =
    cluster.secretFile === null
      ? null
      : await found.secret('cluster.secret_file', cluster.secretFile, SECRET);
  if (redis === undefined) return { control: null, sessions: null, secret, ...found.all() };
  const { control, sessions, ...one } = redis;
  if (control === undefined && sessions === undefined) {
    const access = await accessOf(one, 'redis', found);
    return { control: access, sessions: access, secret, ...found.all() };
  }
  return {
    control: control === undefined ? null : await accessOf(control, 'redis.control', found),
    sessions: sessions === undefined ? null : await accessOf(sessions, 'redis.sessions', found),
    secret,
    ...found.all(),
  };
}

class Findings {
  readonly #problems: Finding[] = [];
  readonly #warnings: Finding[] = [];

  all(): { readonly problems: readonly Finding[]; readonly warnings: readonly Finding[] } {
    return { problems: this.#problems, warnings: this.#warnings };
  }

  problem(setting: FileSetting, message: string): void {
    this.#problems.push({ setting, message });
  }

  async secret(setting: FileSetting, file: string, form: SecretForm): Promise<string | null> {
    const read = await readSecretText(file, form);
    if (!read.ok) {
      this.problem(setting, read.message);
      return null;
    }
    if (read.warning !== null) this.#warnings.push({ setting, message: read.warning });
    return read.text;
  }
}

async function accessOf(reach: RedisReach, part: RedisPart, found: Findings): Promise<RedisAccess | null> {
  const servers = serversOf(reach);
  const secret = (file: string | null, key: 'password_file' | 'sentinel_password_file') =>
    file === null ? Promise.resolve(null) : found.secret(`${part}.${key}`, file, PASSWORD);
  return {
    servers,
    username: reach.username,
    password: await secret(reach.passwordFile, 'password_file'),
    sentinelPassword: await secret(reach.sentinelPasswordFile, 'sentinel_password_file'),
    tls: await tlsOf(reach, part, found),
  };
}

/** Where the servers are. `redis-checks.ts` has refused settings that say it in no way or in several. */
function serversOf({ url, sentinels, name, cluster }: RedisReach): RedisAccess['servers'] {
  if (url !== null) return { kind: 'single', host: url.host, port: url.port, db: url.db };
  if (sentinels !== null) return { kind: 'sentinel', sentinels, name: name ?? '' };
  return { kind: 'cluster', nodes: cluster ?? [] };
}

async function tlsOf(
  { url, tls }: RedisReach,
  part: RedisPart,
  found: Findings,
): Promise<RedisAccess['tls']> {
  if (tls === null) return url?.tls === true ? { ca: null, client: null, serverName: null } : null;
  const { caFile, certFile, keyFile, serverName } = tls;
  return {
    ca: caFile === null ? null : await authorities(caFile, part, found),
    client:
      certFile === null || keyFile === null ? null : await clientPair({ certFile, keyFile }, part, found),
    serverName,
  };
}

async function authorities(file: string, part: RedisPart, found: Findings): Promise<string | null> {
  const read = await readSmallFile(file, MAX_PEM_BYTES);
  const problem = read.ok ? null : read.message;
  const pem = read.ok ? read.content.toString('latin1') : '';
  if (problem !== null || !isCertificate(pem)) {
    found.problem(
      `${part}.tls.ca_file`,
      `${file}: ${problem ?? 'there is no certificate in PEM form in it'}`,
    );
    return null;
  }
  return pem;
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).subject !== undefined;
  } catch {
    return false;
  }
}

async function clientPair(
  files: { readonly certFile: string; readonly keyFile: string },
  part: RedisPart,
  found: Findings,
): Promise<{ readonly cert: string; readonly key: string } | null> {
  const result = await loadCertificate(files, 0);
  if (result.ok) return { cert: result.certificate.certPem, key: result.certificate.keyPem };
  const key = result.culprit === 'certFile' ? 'tls.cert_file' : 'tls.key_file';
  found.problem(`${part}.${key}`, result.problem);
  return null;
}
