/** Options of one route: which requests go to which pool. */
import { isIP } from 'node:net';
import { z } from 'zod';
import { nameText } from './backend-options.js';
import { isHost } from './listen-options.js';
import { Expected, option, text } from './option.js';

const host = option<string>(
  (raw) => {
    if (typeof raw !== 'string') return new Expected('expected a host name such as www.example.com');
    if (raw.includes('*')) return new Expected('expected a whole host name: wildcards are not supported');
    const bare = raw.startsWith('[') && raw.endsWith(']') ? raw.slice(1, -1) : raw;
    if (!isHost(bare))
      return new Expected('expected a host name such as www.example.com, without scheme and port');
    return isIP(bare) === 6 ? `[${bare.toLowerCase()}]` : bare.toLowerCase();
  },
  { describe: 'Host that the request names, without port, in any case.', defaultText: 'any host' },
  { type: 'string', 'x-unit': 'host name' },
).optional();

const pathPrefix = option<string>(
  (raw) => {
    if (typeof raw !== 'string' || !/^\/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*$/.test(raw)) {
      return new Expected('expected a path such as /api, in URL characters, without query');
    }
    if (/\/\/|\/\.\.?(?:\/|$)/.test(raw))
      return new Expected('expected a path without empty, . or .. segments');
    return raw.length > 1 && raw.endsWith('/') ? raw.slice(0, -1) : raw;
  },
  {
    describe: 'Whole segments that the path begins with: `/api` matches `/api` and `/api/x`, never `/apix`.',
  },
  { type: 'string', 'x-unit': 'path' },
).prefault('/');

export const route = z
  .strictObject({
    host,
    path_prefix: pathPrefix,
    pool: text(nameText, { describe: 'Pool that matching requests go to.' }),
  })
  .meta({ description: 'The most specific route wins: a host before any host, then the longest path.' });
