/** The commands `pool …`: show and change the settings of a pool while it runs. */
import type { Command } from 'commander';
import { pool as poolSection } from '#shared/settings/pool.js';
import type { Field } from '#shared/settings/section.js';
import { PoolDocument } from '../documents/pool-documents.js';
import { depsOf } from './command-deps.js';
import { paint, print } from './output.js';
import { collectSetting, type Settings } from './setting-arguments.js';

export function poolCommands(program: Command): void {
  const pools = program.command('pool').description('show and change the settings of a pool');
  pools
    .command('show')
    .description('show all settings in force')
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

function tell(json: boolean, pool: PoolDocument): void {
  if (json) {
    print(JSON.stringify(pool, null, 2));
    return;
  }
  print(paint('bold', `pool ${pool.id}`));
  const settings: Settings = { ...pool };
  for (const field of Object.values(poolSection.fields)) {
    print(`${field.name}: ${wordsOf(settings[field.name], absenceOf(field))}`);
  }
}

/** What to print for a setting that the pool leaves out. */
function absenceOf(field: Field): string {
  if (field.is === 'group') return 'as for all pools';
  return (field.is === 'value' ? field.defaultText : undefined) ?? 'none';
}

function wordsOf(value: unknown, absence = 'none'): string {
  if (value === null || value === undefined) return absence;
  if (typeof value !== 'object' || Array.isArray(value)) return textOf(value);
  const inner = Object.entries(value).map(([key, part]) => `${key}: ${wordsOf(part)}`);
  return inner.length === 0 ? '{}' : `{ ${inner.join(', ')} }`;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
