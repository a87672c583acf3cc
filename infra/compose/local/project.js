/**
 * Reads docker-compose.yml, the files over it and the Dockerfiles that it names, and says what each service runs. It knows what the
 * files of this project use, and refuses what it does not know of a service. It starts nothing.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parse } from 'yaml';

/** A mistake in a file or on the command line, in one sentence. */
export class ProjectError extends Error {}

const DEFAULT_GRACE_MS = 10_000;
const DEFAULT_HEALTH = { intervalMs: 30_000, timeoutMs: 30_000, retries: 3 };
/** What says nothing about a process on this machine: the engine alone can do it. */
const ENGINE_ONLY = ['build', 'cap_drop', 'image', 'init', 'read_only', 'security_opt', 'sysctls', 'user'];
const KNOWN = [
  'command',
  'depends_on',
  'environment',
  'expose',
  'healthcheck',
  'ports',
  'restart',
  'scale',
  'secrets',
  'stop_grace_period',
  'volumes',
  ...ENGINE_ONLY,
];

/**
 * @param files the first one, and those over it
 * @param env of the variables that the files name
 */
export function readProject(files, env) {
  const root = dirname(resolve(files[0]));
  const document = files.map((file) => readYaml(file, env)).reduce(merge, {});
  const secrets = Object.fromEntries(
    Object.entries(document.secrets ?? {}).map(([name, { file }]) => [name, resolve(root, file)]),
  );
  const services = Object.entries(document.services ?? {}).map(([name, service]) =>
    readService(name, service, { root, secrets }),
  );
  return { root, services: new Map(services.map((service) => [service.name, service])) };
}

function readYaml(file, env) {
  if (!existsSync(file)) throw new ProjectError(`There is no ${file} here.`);
  try {
    return interpolate(parse(readFileSync(file, 'utf8'), { merge: true }), env);
  } catch (error) {
    throw new ProjectError(`${file}: ${error.message}`, { cause: error });
  }
}

/** `${NAME}`, `${NAME:-default}` and `$$` in every text, as Compose has them. */
function interpolate(value, env) {
  if (typeof value === 'string') {
    return value.replace(/\$(?:\$|\{(\w+)(?::-([^}]*))?\})/g, (_all, name, fallback = '') =>
      name === undefined ? '$' : env[name] || fallback,
    );
  }
  if (Array.isArray(value)) return value.map((item) => interpolate(item, env));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, interpolate(item, env)]));
}

/** Mappings are merged, lists are joined, anything else is replaced. A command is no list of things, but one thing. */
function merge(below, above, key) {
  if (Array.isArray(below) && Array.isArray(above)) {
    return key === 'command' || key === 'test' ? above : [...below, ...above];
  }
  if (!isMapping(below) || !isMapping(above)) return above ?? below;
  const merged = { ...below };
  for (const [name, value] of Object.entries(above)) merged[name] = merge(below[name], value, name);
  return merged;
}

function isMapping(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readService(name, service, { root, secrets }) {
  const strange = Object.keys(service).filter((key) => !KNOWN.includes(key));
  if (strange.length > 0) {
    throw new ProjectError(`compose-local does not know ${strange[0]} of service ${name}.`);
  }
  const image = service.build === undefined ? {} : readDockerfile(join(root, service.build.dockerfile));
  const missing = (service.secrets ?? []).find((secret) => secrets[secret] === undefined);
  if (missing !== undefined) {
    throw new ProjectError(`Service ${name} names the secret ${missing}, which is nowhere.`);
  }
  return {
    name,
    image: service.image,
    /** `null`: only the image says what it runs, so nothing here can. */
    command: service.command ?? image.command ?? null,
    /** Where the image has the sources; `null` for an image of somebody else. */
    sources: image.workdir ?? null,
    environment: Object.fromEntries(
      Object.entries(service.environment ?? {}).map(([key, value]) => [key, String(value)]),
    ),
    scale: service.scale ?? 1,
    ports: (service.ports ?? []).map((text) => readPort(name, text)),
    expose: (service.expose ?? []).map(Number),
    volumes: (service.volumes ?? []).map((text) => readVolume(root, text)),
    secrets: (service.secrets ?? []).map((secret) => ({ name: secret, file: secrets[secret] })),
    health: readHealth(service.healthcheck) ?? image.health ?? null,
    restarts: service.restart !== undefined && service.restart !== 'no',
    graceMs:
      service.stop_grace_period === undefined ? DEFAULT_GRACE_MS : durationMs(service.stop_grace_period),
    waitsFor: Object.keys(service.depends_on ?? {}),
  };
}

/** `127.0.0.1:8080-8087:8080` */
function readPort(name, text) {
  const [, first, last = first, container] = /^127\.0\.0\.1:(\d+)(?:-(\d+))?:(\d+)$/.exec(text) ?? [];
  if (first === undefined) {
    throw new ProjectError(`Service ${name}: expected a port such as 127.0.0.1:8080-8087:8080, not ${text}.`);
  }
  return { first: Number(first), last: Number(last), container: Number(container) };
}

/** `./folder:/place:ro`, `name:/place`, or `/place`, which every container has for itself. */
function readVolume(root, text) {
  const parts = text.replace(/:r[ow]$/, '').split(':');
  if (parts.length === 1) return { kind: 'own', target: parts[0] };
  const [source, target] = parts;
  return source.startsWith('.')
    ? { kind: 'bind', source: resolve(root, source), target }
    : { kind: 'named', source, target };
}

function readHealth(check) {
  if (check === undefined) return undefined;
  const [kind, ...rest] = check.test;
  return {
    command: kind === 'CMD-SHELL' ? ['sh', '-c', rest[0]] : rest,
    intervalMs: check.interval === undefined ? DEFAULT_HEALTH.intervalMs : durationMs(check.interval),
    timeoutMs: check.timeout === undefined ? DEFAULT_HEALTH.timeoutMs : durationMs(check.timeout),
    retries: check.retries ?? DEFAULT_HEALTH.retries,
  };
}

/** Command, health check and folder of the image that a Dockerfile makes. Both commands have to be lists of words. */
function readDockerfile(file) {
  const text = readFileSync(file, 'utf8').replaceAll('\\\n', ' ');
  const last = (pattern) => [...text.matchAll(pattern)].at(-1);
  const [, command] = last(/^CMD (\[.*\])$/gm) ?? [];
  const [, options, health] = last(/^HEALTHCHECK (.*?)CMD (\[.*\])$/gm) ?? [];
  const [, workdir] = last(/^WORKDIR (\S+)$/gm) ?? [];
  if (command === undefined || health === undefined || workdir === undefined) {
    throw new ProjectError(`${file} lacks WORKDIR, or CMD or HEALTHCHECK as a list of words.`);
  }
  const option = (name) => new RegExp(`--${name}=(\\S+)`).exec(options)?.[1];
  return {
    command: JSON.parse(command),
    workdir,
    health: readHealth({
      test: ['CMD', ...JSON.parse(health)],
      interval: option('interval'),
      timeout: option('timeout'),
      retries: Number(option('retries') ?? DEFAULT_HEALTH.retries),
    }),
  };
}

/** `1m30s`, `500ms` */
function durationMs(text) {
  const units = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 };
  const parts = [...String(text).matchAll(/(\d+)(ms|h|m|s)/g)];
  if (parts.map(([part]) => part).join('') !== text) throw new ProjectError(`${text} is not a duration.`);
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * units[unit], 0);
}
