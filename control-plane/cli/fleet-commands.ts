/** The commands `hosts` and `writes`: the hosts of the fleet, and what became of a write that was not answered. */
import type { Command } from 'commander';
import { type HostDocument, HostsDocument, WriteDocument } from '../documents/fleet-documents.js';
import { depsOf } from './command-deps.js';
import { EXIT_FAILED, EXIT_OK, type EndWith } from './exit-codes.js';
import { outputWidth, paint, print } from './output.js';
import { formatTable } from './table.js';
import { formatSpan } from './times.js';

export function fleetCommands(program: Command, endWith: EndWith): void {
  program
    .command('hosts')
    .description('show the hosts of the fleet, and whether all have the same configuration')
    .action(async (_options: unknown, command: Command) => {
      const { api, json } = await depsOf(command);
      const answer = await api.get('/api/v1/hosts', HostsDocument);
      if (json) print(JSON.stringify(answer, null, 2));
      else print(...hostsLines(answer));
    });
  program
    .command('writes')
    .description(
      'show what became of a change of unknown outcome; exit code 0: made, 1: not made, or not known',
    )
    .argument('<nonce>', 'the name of the change, as the refusal told it')
    .action(async (nonce: string, _options: unknown, command: Command) => {
      const { api, json } = await depsOf(command);
      const answer = await api.get(`/api/v1/writes/${encodeURIComponent(nonce)}`, WriteDocument);
      print(json ? JSON.stringify(answer, null, 2) : writeLine(answer));
      endWith(answer.outcome === 'accepted' ? EXIT_OK : EXIT_FAILED);
    });
}

function hostsLines({ fleet, asked, hosts }: HostsDocument): readonly string[] {
  if (fleet === null) return ['This host belongs to no fleet.'];
  const leader = hosts.find(({ leads }) => leads)?.host;
  const live = hosts.filter((host) => host.live).length;
  const state = leader === undefined ? paint('yellow', 'no leader is known') : `${leader} leads`;
  const table = formatTable(
    ['HOST', 'MODE', 'EVENT', 'WORKERS', 'BACKENDS OUT', 'HEARD', 'VERSION', 'PROBLEM'],
    hosts.map((host) => hostCells(host, asked)),
    outputWidth(),
  );
  return [
    `fleet ${fleet}: ${state}, ${asked ? `${live} of ${hosts.length} hosts live` : paint('yellow', 'Redis cannot be asked, so the other hosts are not known')}`,
    ...table,
  ];
}

function hostCells(host: HostDocument, asked: boolean): readonly string[] {
  const { ready, total, converged } = host.workers;
  const workers = total === 0 ? 'none' : `${ready}/${total} ready`;
  const event = host.position === null ? 'none' : String(host.position.seq);
  return [
    `${host.host}${host.leads ? ' (leads)' : ''}${host.self ? ' *' : ''}`,
    modeOf(host, asked),
    host.at_head ? event : paint('yellow', host.live ? `${event} (behind)` : event),
    converged === total ? workers : paint('yellow', `${workers}, ${converged} on it`),
    outOf(host),
    host.heard_ms === null ? '-' : `${formatSpan(host.heard_ms)} ago`,
    host.version ?? '-',
    host.problem ?? '-',
  ];
}

function modeOf({ live, mode }: HostDocument, asked: boolean): string {
  if (!live) return asked ? paint('red', 'silent') : paint('yellow', 'not known');
  return paint(mode === 'following' ? 'green' : 'yellow', mode ?? 'unknown');
}

function outOf({ backends_out: out }: HostDocument): string {
  if (out === null) return '-';
  return out === 0 ? '0' : paint('yellow', String(out));
}

function writeLine({ outcome, detail, position, events }: WriteDocument): string {
  if (position === undefined) return paint('yellow', `${outcome}: ${detail}`);
  const led = events === 0 ? 'It changed nothing.' : `Event ${position.seq} of the fleet has it.`;
  return `${paint('green', outcome)}: ${detail} ${led}`;
}
