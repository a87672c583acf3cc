import type { Command } from '../../../../control-plane/domain/commands.js';
import { liftedCommand } from '../../../../control-plane/domain/stored-commands.js';
import { backendId } from '../../../../shared/ids.js';
import { documentOf, definition, poolSettings, POOL } from '../../../support/domain.js';

const BASE = { id: 7, at: 1, seed: 3, actor: { kind: 'api' }, expectedVersion: null } as const;
const OF_A = { ...BASE, type: 'ChangeBackend', pool: POOL, backend: backendId('a') } as const;

describe('a command that an older release stored', () => {
  it('carries its settings of a backend as changes', () => {
    const stored: Command & { readonly weight: number; readonly maxConnections: null } = {
      ...OF_A,
      weight: 5,
      maxConnections: null,
      admin: 'draining',
    };
    const lifted = { ...OF_A, changes: { weight: 5, maxConnections: null }, admin: 'draining' };
    expect(liftedCommand(stored)).toEqual(lifted);
  });

  it('gets the defaults of settings that were not known', () => {
    const { queue, ...older } = poolSettings();
    const settings = older as typeof older & { queue: never };
    expect(liftedCommand({ ...BASE, type: 'ChangePool', pool: POOL, settings })).toMatchObject({
      settings: { queue },
    });
    const document = documentOf(settings, [definition('a')]);
    const apply = {
      ...BASE,
      type: 'ApplyConfig',
      file: 'f',
      sha256: 's',
      document,
    } as const;
    expect(liftedCommand(apply)).toMatchObject({ document: { pools: [{ settings: { queue } }] } });
  });

  it('of today stays as it is', () => {
    const today: Command = { ...OF_A, changes: { weight: 2 } };
    expect(liftedCommand(today)).toBe(today);
  });
});
