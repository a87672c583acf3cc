/** `pool`: settings of a pool, read and changed while it runs. */
import { type Command, InvalidArgumentError } from 'commander';
import { PoolDocument } from '../documents/pool-documents.js';
import { depsOf } from './command-deps.js';
import { paint, print } from './output.js';

const SECTIONS = ['health_check', 'circuit_breaker', 'sticky_session', 'queue'] as const;

export function poolCommands(program: Command): void {
  const pools = program.command('pool').description('settings of a pool');
  pools
    .command('show')
    .description('all settings that are in force')
    .argument('<pool>', 'name of a pool')
    .action(async (pool: string, _options: unknown, command: Command) => {
      const { api, json } = await depsOf(command);
      tell(json, await api.get(`/api/v1/pools/${encodeURIComponent(pool)}`, PoolDocument));
    });
  pools
    .command('set')
    .description('change settings, in the words of the configuration file')
    .argument('<pool>', 'name of a pool')
    .argument('<setting...>', 'such as algorithm=random or health_check.interval=10s', collectSetting)
    .action(async (pool: string, settings: Settings, _options: unknown, command: Command) => {
      const { api, json } = await depsOf(command);
      const path = `/api/v1/pools/${encodeURIComponent(pool)}`;
      tell(json, await api.write(pool, { method: 'PATCH', path, body: settings }, PoolDocument));
    });
}

type Settings = Readonly<Record<string, unknown>>;

/** Adds `section.key=value` or `key=value` to what was given before. */
function collectSetting(text: string, before: Settings | undefined): Settings {
  const [, path = '', value = ''] = /^([a-z_]+(?:\.[a-z0-9_]+)?)=(.*)$/s.exec(text) ?? [];
  if (path === '') throw new InvalidArgumentError('Expected KEY=VALUE, such as health_check.interval=10s.');
  const [section = '', key] = path.split('.');
  const present = before?.[section];
  const isTwice = key === undefined ? present !== undefined : present !== undefined && !isOpen(present, key);
  if (isTwice) throw new InvalidArgumentError(`${path} is given twice.`);
  if (key === undefined) return { ...before, [section]: valueOf(value) };
  return { ...before, [section]: { ...(typeof present === 'object' ? present : {}), [key]: valueOf(value) } };
}

/** Whether a section was given key by key, and not with this one. */
function isOpen(section: unknown, key: string): boolean {
  return typeof section === 'object' && section !== null && !Object.hasOwn(section, key);
}

/** Numbers, true, false, null and lists as in JSON; all else is text. */
function valueOf(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    // Not JSON, so it is text such as 10s.
    return text;
  }
}

function tell(json: boolean, pool: PoolDocument): void {
  if (json) {
    print(JSON.stringify(pool, null, 2));
    return;
  }
  print(paint('bold', `pool ${pool.id}`), `algorithm: ${pool.algorithm}`);
  print(`max_connections: ${pool.max_connections ?? 'no limit'}`);
  for (const section of SECTIONS) {
    const settings = Object.entries(pool[section]).map(([key, value]) => `${key}: ${textOf(value)}`);
    print(`${section}: { ${settings.join(', ')} }`);
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
