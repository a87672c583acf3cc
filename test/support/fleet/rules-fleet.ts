/** What the hosts of a modelled fleet share, and what may be broken in them on purpose. */
import type { FleetStanding } from '../../../control-plane/domain/fleet-standing.js';
import type { LastEvent } from '../../../control-plane/fleet/candidacy.js';
import type { Contact } from '../../../control-plane/fleet/contact.js';
import type { FleetPosition, LogEntry, Term } from '../../../control-plane/fleet/fleet-store.js';
import type { FleetTimes } from '../../../control-plane/fleet/fleet-times.js';
import type { Place } from '../../../control-plane/fleet/follow-plan.js';
import type { Chance } from '../../simulation/chance.js';
import type { VirtualTime } from '../virtual-time.js';
import type { Activity } from './activity.js';
import type { RulesLedger, KnownEntry } from './rules-ledger.js';
import type { StoreFlaw } from './store-model.js';
import type { StoreLink, StoreNetwork } from './store-network.js';

/** What a host does that is broken. */
type HostFlaw =
  | 'follows-only-by-bells'
  | 'compares-no-own-entry'
  | 'compares-by-number'
  | 'shows-pages'
  | 'gives-up-when-ahead'
  | 'stands-beside-better'
  | 'stands-at-once'
  | 'leads-in-spite-of-loss'
  | 'takes-the-next-epoch'
  | 'carries-out-any-term'
  | 'appends-its-tail-again'
  | 'voids-a-repeated-batch'
  | 'forgets-that-it-sent';

/** What goes wrong around a fleet that is set up wrongly. */
type SetupFlaw = 'lease-is-evicted';

export type RulesFlaw = HostFlaw | StoreFlaw | SetupFlaw;

/** What a host knows of the fleet. */
export interface Knowledge {
  readonly standing: FleetStanding;
  readonly entries: readonly KnownEntry[];
}

/** A term under way. */
export interface Leading extends Term {
  /** By the host's clock. */
  validUntil: number;
  stored: FleetPosition;
  command: number;
  inbox: string;
  /** What had disturbed the store when the lease was had or renewed last. */
  disturbances: number;
}

/** A host, as its activities see it. */
export interface ActingHost {
  readonly fleet: RulesFleet;
  readonly name: string;
  /** Names the process. */
  readonly id: string;
  readonly link: StoreLink;
  readonly knowledge: Knowledge | null;
  contact: Contact;
  lead: Leading | null;
  /** The highest epoch that it has heard of. */
  seen: number;
  askedAt: number | null;
  has(flaw: RulesFlaw): boolean;
  now(): number;
  /** What the store's clock shows, as far as the host knows. */
  storeTime(): number;
  last(): LastEvent | null;
  placeOf(head: FleetPosition | null): Place;
  /** Takes over what was stored after its own position, or after another one. */
  apply(entries: readonly LogEntry[], base?: Knowledge): void;
  beat(): Activity;
  /** Lets an activity go on as its answers come, as long as the process lives. */
  run(activity: Activity): void;
  depose(why: string): void;
}

export interface RulesFleet {
  readonly time: VirtualTime;
  readonly times: FleetTimes;
  readonly chance: Chance;
  readonly network: StoreNetwork;
  readonly ledger: RulesLedger;
  readonly flaws: ReadonlySet<RulesFlaw>;
  /** By body: what the stored snapshots stand for. */
  readonly snapshots: Map<string, Knowledge>;
  /** How often the store lost something, or its clock stepped. */
  disturbances: number;
  /** So many may be live at once. */
  readonly maxHosts: number;
  /** Whether hosts decide something new. */
  isBusy: boolean;
  /** Asked when a host decides to stand for election. */
  watchElection(host: ActingHost): void;
  /** Asked when a host begins to lead. */
  watchLeader(host: ActingHost): void;
  /** Another number each time. */
  number(): number;
  count(what: string): void;
  /** Asked when the store is about to lose something. */
  loses(): void;
  tell(...what: readonly unknown[]): void;
}
