/** Options of the two listeners: `listen` for traffic and `admin` for people and tools. */
import { isIP } from 'node:net';
import { z } from 'zod';
import { integer } from './amount-options.js';
import { path, text, toggle } from './option.js';

/** With `_` in any place: RFC 1123 has none, but DNS and the names of containers do (`my_service` in a compose file). */
const HOST_NAME = /^(?=.{1,253}$)\w(?:[\w-]*\w)?(?:\.\w(?:[\w-]*\w)?)*$/;

/** A name or address as it stands in a URL, without brackets. */
export function isHost(value: string): boolean {
  return isIP(value) !== 0 || (HOST_NAME.test(value) && !/^[\d.]+$/.test(value));
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

const bindAddress = {
  unit: 'a host name or address',
  problemOf: (value: string) =>
    isHost(value)
      ? null
      : 'expected a host name or address such as 127.0.0.1 or ::1, without port and brackets',
};

const PORTS = { min: 0, max: 65_535 };

const tls = z
  .strictObject({
    enabled: toggle({
      describe: 'Whether the listener speaks TLS. Without a `tls` section it does not.',
    }).prefault(true),
    cert_file: path({
      describe: 'Certificate chain in PEM form, the server certificate first. Read anew when it changes.',
      defaultText: 'required with TLS',
    }).optional(),
    key_file: path({
      describe: 'Private key of the certificate in PEM form, without passphrase. Read anew when it changes.',
      defaultText: 'required with TLS',
    }).optional(),
  })
  .meta({ description: 'TLS on the main listener. Absent: plain HTTP.' });

export const listen = z
  .strictObject({
    host: text(bindAddress, {
      describe:
        'Address that the main listener binds to. `::` takes IPv6 and IPv4 where the system has both.',
    }).prefault('0.0.0.0'),
    port: integer(PORTS, { describe: 'Port of the main listener. 0: the system chooses.' }).prefault(8080),
    tls: tls.optional(),
    h2: toggle({
      describe:
        'Whether clients may choose HTTP/2 (ALPN) on the TLS listener. Without TLS there is no HTTP/2. Backends are always asked in HTTP/1.1.',
    }).prefault(true),
  })
  .prefault({})
  .meta({ description: 'The main listener, which takes traffic. Changing it needs a restart.' });

export const admin = z
  .strictObject({
    host: text(bindAddress, {
      describe: 'Address that the admin listener binds to. Off loopback a token is required.',
    }).prefault('127.0.0.1'),
    port: integer(PORTS, { describe: 'Port of the admin listener. 0: the system chooses.' }).prefault(9900),
    token_file: path({
      describe: 'File with the token that API clients must send.',
      defaultText: 'none: only allowed on loopback',
    }).optional(),
  })
  .prefault({})
  .meta({
    description: 'The admin listener: API, readiness, metrics. Changing it needs a restart.',
  });
