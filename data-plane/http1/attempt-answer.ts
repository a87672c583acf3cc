/** What an attempt does with the head of an answer: what the client is sent for it, and what becomes of its connection. */
import { downstreamHead, hasDate } from './downstream-head.js';
import type { AttemptFacts } from './errand.js';
import type { Framing } from './response-relay.js';
import { latin1 } from './scratch.js';
import { Tunnel } from './tunnel.js';
import type { UpstreamConnection } from './upstream-connection.js';
import type { HeadEdits } from './wire/head-edits.js';
import type { ResponseHead } from './wire/response-head.js';

/** The final head has come. Returns what the client is sent for it. */
export function beginAnswer(
  facts: AttemptFacts,
  head: ResponseHead,
  edits: HeadEdits,
  framing: Framing,
): string {
  const { errand, choice } = facts;
  const { body, parts, account } = errand;
  body?.commit();
  account.answered(choice.chosen, head.status);
  const isEarly = body !== null && !body.isComplete;
  if (isEarly || parts.isClosing() || framing === 'until-close') errand.keepAlive = false;
  return downstreamHead(head, edits, {
    setCookie: setCookieOf(facts),
    date: hasDate(head) ? null : parts.date.now(),
    connection: errand.connectionField(),
    framing,
  });
}

/** What ends HTTP on a connection: the head of 101, and what came behind it in the same read. */
export interface Switch {
  readonly head: ResponseHead;
  readonly bytes: Buffer;
  readonly from: number;
  readonly to: number;
}

/** The backend has agreed to the upgrade. `onOver` is called once, when both sides are closed. */
export function beginTunnel(
  facts: AttemptFacts,
  upstream: UpstreamConnection,
  { head, bytes, from, to }: Switch,
  onOver: () => void,
): void {
  const { body, client, account, settings, parts } = facts.errand;
  body?.commit();
  account.tunnelled(facts.choice.chosen);
  const text = downstreamHead(head, client.tables().edits, {
    setCookie: setCookieOf(facts),
    date: null,
    connection: 'Upgrade',
    framing: 'as-sent',
  });
  client.write(text + latin1(bytes, from, to));
  account.sent(to - from);
  const idleMs = settings.timeouts.tunnelIdleMs;
  const lost = (error: unknown): void => facts.errand.lost(error);
  client.becomeTunnel(new Tunnel({ client, upstream, account, idleMs, wheel: parts.wheel, lost, onOver }));
}

function setCookieOf({ message, choice }: AttemptFacts): string | null {
  return message.chooser?.setCookie(choice.chosen.backend) ?? null;
}
