import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseConfig, type ParseResult } from '../../control-plane/config/parse-config.js';
import { ConfigReloader, MAX_WAITING_VALIDATIONS } from '../../control-plane/runtime/config-reloader.js';
import { quietLogger } from '../support/quiet-logger.js';
import { testControl } from '../support/control-port.js';
import { useTempDirs } from '../support/temp-dir.js';
import { waitUntil } from '../support/wait-until.js';

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
    logger: quietLogger,
  });
  expect(reloader.fileStanding).toBe(null);
  await writeFile(file, TEXT);
  await reloader.reload();
  expect(reloader.fileStanding).toBe('in-force');
  const { document } = parsed.config;
  const actor = { kind: 'file' } as const;
  const other = { type: 'ApplyConfig', file, sha256: 'another', document, actor } as const;
  await control.port.submit({ ...other, document: { ...document, routes: [] } });
  expect(reloader.fileStanding).toBe('older');
  await writeFile(file, 'backends: nothing');
  await reloader.reload();
  expect(reloader.fileStanding).toBe(null);
});
