import { PAGE_MS, SharedPage } from '../../../../control-plane/metrics/shared-page.js';
import { VirtualTime } from '../../../support/virtual-time.js';

function arrange(tookMs = 10) {
  const time = new VirtualTime(0);
  const begun: number[] = [];
  const state = { fails: false };
  const page = new SharedPage(async () => {
    begun.push(time.now());
    const number = begun.length;
    await new Promise<void>((resolve) => time.after(tookMs, resolve));
    if (state.fails) throw new Error('not rendered');
    return { contentType: 'text/plain', body: String(number) };
  }, time);
  const pass = (ms: number): Promise<void> => time.pass(ms, () => undefined);
  const ask = (): Promise<string> => page.get().then(({ body }) => body);
  return { begun, state, pass, ask };
}

describe('a shared page', () => {
  it('serves all who ask while it is made and within its time', async () => {
    const { begun, pass, ask } = arrange();
    const early = [ask(), ask()];
    await pass(100);
    const late = ask();
    expect(await Promise.all([...early, late])).toEqual(['1', '1', '1']);
    await pass(PAGE_MS);
    const next = ask();
    await pass(20);
    expect(await next).toBe('2');
    expect(begun).toEqual([0, PAGE_MS + 100]);
  });

  it('that took longer than its time serves those who asked meanwhile, and no others', async () => {
    const { pass, ask } = arrange(3 * PAGE_MS);
    const first = ask();
    await pass(2 * PAGE_MS);
    const second = ask();
    await pass(2 * PAGE_MS);
    expect(await Promise.all([first, second])).toEqual(['1', '1']);
    const third = ask();
    await pass(4 * PAGE_MS);
    expect(await third).toBe('2');
  });

  it('that fails is made anew for the next to ask', async () => {
    const { state, pass, ask } = arrange();
    state.fails = true;
    const failed = ask().catch((error: unknown) => String(error));
    await pass(20);
    expect(await failed).toContain('not rendered');
    state.fails = false;
    const next = ask();
    await pass(20);
    expect(await next).toBe('2');
  });
});
