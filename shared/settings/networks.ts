/** Networks in CIDR form (RFC 4632, RFC 4291), as the file lists them. */
// oxlint-disable-next-line eslint/no-restricted-imports -- it reads addresses from text and is pure itself
import ipaddr from 'ipaddr.js';
import * as shapes from '../shape.js';
import { Expected, listOf, type Kind } from './kind.js';
import { isIpv4, isIpv6, MAX_HOST } from './names.js';

const NETWORK_EXPECTED = 'expected an address or network such as 10.0.0.0/8 or fd00::/8';

/** A network in CIDR form. Host bits are set to zero, so that equal networks have equal texts. */
const network: Kind<string> = {
  read: (raw) => (typeof raw === 'string' ? networkOf(raw) : null) ?? new Expected(NETWORK_EXPECTED),
  write: (value) => value,
  shape: shapes.text(MAX_HOST),
  json: { description: 'An address or a network.', type: 'string', 'x-unit': 'CIDR' },
};

export const trustedProxies = listOf(network, { max: 100_000, unit: 'list of CIDR' });

function networkOf(raw: string): string | null {
  const [address = '', bits, ...more] = raw.split('/');
  const isV4 = isIpv4(address);
  if (more.length > 0 || !(isV4 || (isIpv6(address) && !address.includes('%')))) return null;
  const most = isV4 ? 32 : 128;
  if (bits !== undefined && (!/^\d{1,3}$/.test(bits) || Number(bits) > most)) return null;
  const cidr = `${address}/${bits ?? most}`;
  const base = isV4 ? ipaddr.IPv4.networkAddressFromCIDR(cidr) : ipaddr.IPv6.networkAddressFromCIDR(cidr);
  return `${base.toString()}/${Number(bits ?? most)}`;
}
