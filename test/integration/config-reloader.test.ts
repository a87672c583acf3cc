import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fleetOf } from '../../control-plane/domain/fleet-state.js';
import { parseConfig, type ParseResult } from '../../control-plane/config/parse-config.js';
import {
  ConfigReloader,
  MAX_WAITING_VALIDATIONS,
  RETRY_MS,
} from '../../control-plane/runtime/config-reloader.js';
import type { WriteOutcome } from '../../control-plane/control-port.js';
import { type Story, story } from '../support/domain.js';
import { quietLogger } from '../support/quiet-logger.js';
import { testControl } from '../support/control-port.js';
import { useTempDirs } from '../support/temp-dir.js';
import { VirtualTime } from '../support/virtual-time.js';
import { waitUntil } from '../support/wait-until.js';
import { wholeConfigOf } from '../support/whole-config.js';

const tempDir = useTempDirs();
const TEXT = 'backends: [{ id: a, url: "http://localhost:1" }]';

/** A reloader whose parser waits until it is let go. */
async function reloaderWithGate() {
  const control = await testControl();
  const file = join(tempDir(), 'tidegate.yaml');
  await writeFile(file, TEXT);
  const parsed = parseConfig(TEXT, file, {});
  if (!parsed.ok) throw new Error('the text is valid');
  const waiting: ((result: ParseResult) => void)[] = [];
  let running = 0;
  let mostAtOnce = 0;
  const reloader = new ConfigReloader({
    file,
    env: {},
    overrides: {},
    parse: async () => {
      running += 1;
      mostAtOnce = Math.max(mostAtOnce, running);
      const result = await new Promise<ParseResult>((resolve) => waiting.push(resolve));
      running -= 1;
      return result;
    },
    inForce: parsed.config.process,
    submit: (draft) => control.port.submit(draft),
    state: () => control.port.world().state,
    decideHere: null,
    loaded: () => undefined,
    timers: new VirtualTime(0),
    logger: quietLogger,
  });
  let parses = 0;
  const letGo = async (): Promise<void> => {
    const next = await waitUntil('a parse to wait', () => waiting.shift());
    parses += 1;
    next(parsed);
  };
  return { reloader, letGo, parses: () => parses, mostAtOnce: () => mostAtOnce, waiting };
}

describe('files given for validation', () => {
  it('are checked one at a time, and refused when too many wait', async () => {
    const { reloader, letGo, mostAtOnce, waiting } = await reloaderWithGate();
    const asked = Array.from({ length: MAX_WAITING_VALIDATIONS + 1 }, () => reloader.validate(TEXT));
    expect(await reloader.validate(TEXT)).toBeNull();
    for (const _ of asked) await letGo();
    expect(await Promise.all(asked)).toEqual(asked.map(() => []));
    expect(mostAtOnce()).toBe(1);
    const later = reloader.validate(TEXT);
    await letGo();
    expect(await later).toEqual([]);
    expect(waiting).toEqual([]);
  });
});

describe('reloads', () => {
  it('asked for while one runs become one more', async () => {
    const { reloader, letGo, parses, waiting } = await reloaderWithGate();
    const first = reloader.reload();
    await waitUntil('the first to be read', () => waiting.length === 1);
    const others = Array.from({ length: 100 }, () => reloader.reload());
    await letGo();
    await letGo();
    await Promise.all([first, ...others]);
    expect(parses()).toBe(2);
  });
});

it('the file is known for what it is to the configuration in force', async () => {
  const control = await testControl();
  const file = join(tempDir(), 'tidegate.yaml');
  const parse = async (text: string) => parseConfig(text, file, {});
  const parsed = await parse(TEXT);
  if (!parsed.ok) throw new Error('the text is valid');
  const reloader = new ConfigReloader({
    file,
    env: {},
    overrides: {},
    parse,
    inForce: parsed.config.process,
    submit: (draft) => control.port.submit(draft),
    state: () => control.port.world().state,
    decideHere: (draft) => control.port.submit(draft),
    loaded: () => undefined,
    timers: new VirtualTime(0),
    logger: quietLogger,
  });
  expect(reloader.fileStanding).toBe(null);
  await writeFile(file, TEXT);
  await reloader.reload();
  expect(reloader.fileStanding).toBe('in-force');
  const { document } = wholeConfigOf(parsed);
  const actor = { kind: 'file' } as const;
  const other = { type: 'ApplyConfig', file, sha256: 'another', document, actor } as const;
  await control.port.submit({ ...other, document: { ...document, routes: [] } });
  expect(reloader.fileStanding).toBe('older');
  await writeFile(file, 'backends: nothing');
  await reloader.reload();
  expect(reloader.fileStanding).toBe(null);
});

describe('a file that the fleet can not take now', () => {
  /** A reloader of a host whose fleet decides nothing while `trouble` is set. */
  async function reloaderInFleet() {
    const control = await testControl();
    const file = join(tempDir(), 'tidegate.yaml');
    const parse = async (text: string) => parseConfig(text, file, {});
    const parsed = await parse(TEXT);
    if (!parsed.ok) throw new Error('the text is valid');
    const time = new VirtualTime(0);
    const armed: number[] = [];
    const fleet: { trouble: WriteOutcome | null } = { trouble: null };
    const reloader = new ConfigReloader({
      file,
      env: {},
      overrides: {},
      parse,
      inForce: parsed.config.process,
      submit: async (draft) => fleet.trouble ?? control.port.submit(draft),
      state: () => control.port.world().state,
      decideHere: (draft) => control.port.submit(draft),
      loaded: () => undefined,
      timers: {
        after: (delayMs, callback) => {
          armed.push(delayMs);
          return time.after(delayMs, callback);
        },
      },
      logger: quietLogger,
    });
    const backends = (): readonly string[] =>
      [...control.port.world().state.pools.values()].flatMap(({ backends }) => [...backends.keys()]);
    const write = (id: string) => writeFile(file, TEXT.replace('id: a', `id: ${id}`));
    return { reloader, fleet, backends, write, time, armed };
  }

  it.each([
    { kind: 'read-only', reason: 'the fleet has no leader' },
    { kind: 'unknown', nonce: 'n' },
    { kind: 'mailbox-full' },
  ] as const)('is taken later, without being asked for again: $kind', async (trouble) => {
    const { reloader, fleet, backends, write, time } = await reloaderInFleet();
    await write('a');
    await reloader.reloadSurely({ kind: 'file' });
    fleet.trouble = trouble;
    await write('b');
    expect(await reloader.reloadSurely({ kind: 'file' })).toEqual(trouble);
    fleet.trouble = null;
    await time.pass(RETRY_MS, () => undefined);
    await waitUntil('the file to be taken', () => backends().includes('b'));
    expect(backends()).toEqual(['b']);
    reloader.close();
  });

  it('is what the operator wants still, where it was in force before', async () => {
    const { reloader, fleet, backends, write } = await reloaderInFleet();
    for (const id of ['a', 'b']) {
      await write(id);
      await reloader.reload();
    }
    fleet.trouble = { kind: 'read-only', reason: 'the fleet has no leader' };
    await write('a');
    expect(await reloader.reload()).toEqual(fleet.trouble);
    expect(backends()).toEqual(['b']);
    fleet.trouble = null;
    expect(await reloader.reload()).toMatchObject({ kind: 'applied' });
    expect(backends()).toEqual(['a']);
  });

  const refused = { kind: 'read-only', reason: 'Redis does not answer' } as const;

  /** A reloader of a host whose fleet decides nothing. `before` happens right before a decision for this host alone. */
  async function reloaderOf(told: Story, before: () => void = () => undefined) {
    const file = join(tempDir(), 'tidegate.yaml');
    await writeFile(file, TEXT);
    const parsed = parseConfig(TEXT, file, {});
    if (!parsed.ok) throw new Error('the text is valid');
    return new ConfigReloader({
      file,
      env: {},
      overrides: {},
      parse: async () => parsed,
      inForce: parsed.config.process,
      submit: async () => refused,
      state: () => told.world.state,
      decideHere: async (draft) => {
        before();
        const decision = told.send(draft);
        return decision.kind === 'accepted' ? { kind: 'accepted', events: decision.events.length } : decision;
      },
      loaded: () => undefined,
      timers: new VirtualTime(0),
      logger: quietLogger,
    });
  }

  it('is not decided here by a host that joins its fleet before the decision', async () => {
    const told = story();
    const reloader = await reloaderOf(told, () => {
      told.when({ type: 'AdoptFleet', fleet: fleetOf(told.world.state), keepsVerdicts: false });
    });
    expect(await reloader.reload()).toEqual(refused);
    expect(told.world.state.fleet).not.toBeNull();
    expect(told.world.state.applied).toBeNull();
  });

  it('is decided here by a host without a fleet in its past, and by no other', async () => {
    const told = story();
    const reloader = await reloaderOf(told);
    const outside = told.world;
    told.when({ type: 'AdoptFleet', fleet: fleetOf(told.world.state), keepsVerdicts: false });
    expect(await reloader.reload()).toEqual(refused);
    expect(told.world.state.applied).toBeNull();
    told.world = outside;
    expect(await reloader.reload()).toMatchObject({ kind: 'applied' });
    expect(told.world.state.applied).not.toBeNull();
  });

  it('that was asked for by somebody is not taken behind their back', async () => {
    const { reloader, fleet, write, armed } = await reloaderInFleet();
    await write('a');
    fleet.trouble = { kind: 'unknown', nonce: 'n' };
    await reloader.reload();
    expect(armed).toEqual([]);
    await reloader.reloadSurely({ kind: 'file' });
    expect(armed).toEqual([RETRY_MS]);
    reloader.close();
  });
});
