import type { FleetStore, Posted } from '../../../../control-plane/fleet/fleet-store.js';
import { FLEET_TIMES } from '../../../../control-plane/fleet/fleet-times.js';
import { answerText } from '../../../../control-plane/fleet/fleet-writes.js';
import { RemoteWrites } from '../../../../control-plane/fleet/remote-writes.js';
import { POOL } from '../../../support/domain.js';
import { VirtualTime } from '../../../support/virtual-time.js';

const FLUSH = { type: 'FlushSessions', pool: POOL, expectedVersion: null, actor: { kind: 'api' } } as const;

function arrange() {
  const time = new VirtualTime(0);
  const posted: string[] = [];
  const stored: { id: string; nonce: string; text: string }[] = [];
  const network: { isUp: boolean; refusal: Posted | null } = { isUp: true, refusal: null };
  const store: Pick<FleetStore, 'post' | 'answers'> = {
    post: async ({ nonce }) => {
      posted.push(nonce);
      return network.refusal ?? { kind: 'ok', id: '1-0', epoch: 1 };
    },
    answers: async ({ after }) => {
      const value = stored.filter(({ id }) => Number.parseInt(id, 10) > Number.parseInt(after, 10));
      return network.isUp ? { kind: 'ok', value } : { kind: 'unavailable', reason: 'it is gone' };
    },
  };
  const writes = new RemoteWrites({ store, times: FLEET_TIMES, timers: time, now: () => time.now() });
  return { time, posted, stored, network, writes };
}

describe('what became of a write that was posted', () => {
  it('is not known while there is no answer, and is what the answer says once there is one', async () => {
    const { time, posted, stored, network, writes } = arrange();
    const submitted = writes.submit(FLUSH);
    await time.pass(FLEET_TIMES.writeAnswerMs, () => undefined);
    const [nonce = ''] = posted;
    expect(await submitted).toEqual({ kind: 'unknown', nonce });
    expect(await writes.find(nonce)).toEqual({ kind: 'unknown' });
    const answer = { kind: 'accepted', epoch: 1, seq: 9, events: 1 } as const;
    stored.push({ id: '2-0', nonce, text: answerText(answer) });
    expect(await writes.find(nonce)).toEqual(answer);
    network.isUp = false;
    expect(await writes.find(nonce)).toEqual({ kind: 'unavailable', reason: 'it is gone' });
  });

  it('is nothing where nobody knows of it', async () => {
    expect(await arrange().writes.find('another')).toBe(null);
  });
});

describe('the answer to a write', () => {
  it('is found in a store where answers have lower numbers than in the one before', async () => {
    const { time, posted, stored, writes } = arrange();
    const answer = { kind: 'accepted', epoch: 1, seq: 9, events: 1 } as const;
    stored.push({ id: '9-0', nonce: 'of another', text: answerText(answer) });
    const submitted = writes.submit(FLUSH);
    await time.pass(0, () => undefined);
    stored.splice(0, 1, { id: '5-0', nonce: posted[0] ?? '', text: answerText(answer) });
    await writes.lookAgain();
    expect(await submitted).toEqual({ ...answer, nonce: posted[0] });
  });

  it('is at once why the store refuses to take it', async () => {
    const { network, writes } = arrange();
    network.refusal = { kind: 'unavailable', isRefused: true, reason: 'it forbids XADD' };
    expect(await writes.submit(FLUSH)).toEqual({ kind: 'not-posted', reason: 'it forbids XADD' });
  });

  it('is waited for where the store did not answer, because it may be there', async () => {
    const { time, posted, network, writes } = arrange();
    network.refusal = { kind: 'unavailable', reason: 'it is gone' };
    const submitted = writes.submit(FLUSH);
    await time.pass(FLEET_TIMES.writeAnswerMs, () => undefined);
    expect(await submitted).toEqual({ kind: 'unknown', nonce: posted[0] });
  });
});

it.each([0, 1, 2, 3, 4, 5, 6])(
  'a look is not lost %i turns after the one before was answered',
  async (turns) => {
    let reads = 0;
    const answered = Promise.withResolvers<void>();
    const writes = new RemoteWrites({
      store: {
        post: () => Promise.resolve({ kind: 'leaderless' }),
        answers: async () => {
          reads += 1;
          if (reads === 1) await answered.promise;
          return { kind: 'ok', value: [] };
        },
      },
      times: FLEET_TIMES,
      timers: new VirtualTime(0),
      now: () => 0,
    });
    void writes.look();
    answered.resolve();
    for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
    await writes.look();
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
    expect(reads).toBe(2);
  },
);
