/**
 * What Redis does for a fleet, each as one step. The first line lets a script write although memory is full: a fleet that cannot
 * renew its lease for want of memory would have no leader. Times are by the clock of Redis.
 *
 * Keys of a fleet, all in one slot (`tidegate:{NAME}:` before each): `lease` (hash), `head` (hash), `log` (stream, ids SEQ-EPOCH),
 * `snap` (hash), `hosts` (sorted set by the time of the last beat), `h:HOST` (hash), `left` (sorted set of processes, in the order in which they left), `inbox` and `answers` (streams), `secret`,
 * `bell` (channel). None has a time to live, because such keys are the first that Redis evicts.
 */
import { RedisScript } from '#shared/platform/redis-script.js';

const NOW = `local t=redis.call('TIME') local now=t[1]*1000+math.floor(t[2]/1000)`;

/** Ends a script of a term that is over. ARGV: id, epoch. */
const OWN = `local own=redis.call('HMGET',KEYS[1],'id','epoch','until')
if not own[1] or tonumber(own[3])<=now then return {'FENCED',''} end
if own[1]~=ARGV[1] or own[2]~=ARGV[2] then return {'FENCED',own[1]} end`;

function script(...parts: readonly string[]): RedisScript {
  return new RedisScript(['#!lua flags=allow-oom', NOW, ...parts].join('\n'));
}

/** KEYS lease head. ARGV id host ttl seen step bell. → LEADS epoch now | HELD id host epoch left now */
export const ACQUIRE = script(`
local l=redis.call('HMGET',KEYS[1],'id','epoch','until','host') local left=tonumber(l[3] or '0')-now
if l[1] and l[1]~=ARGV[1] and left>0 and left<=tonumber(ARGV[3]) then
  return {'HELD',l[1],l[4],tonumber(l[2]),left,now} end
local e=math.max(tonumber(l[2] or '0'),tonumber(redis.call('HGET',KEYS[2],'epoch') or '0'),tonumber(ARGV[4]))+tonumber(ARGV[5])
redis.call('HSET',KEYS[1],'id',ARGV[1],'host',ARGV[2],'epoch',string.format('%d',e),'until',string.format('%d',now+ARGV[3]))
redis.call('PUBLISH',ARGV[6],'lead') return {'LEADS',e,now}`);

/** KEYS lease. ARGV id epoch ttl. → OK now | FENCED id */
export const RENEW = script(
  OWN,
  `redis.call('HSET',KEYS[1],'until',string.format('%d',now+ARGV[3])) return {'OK',now}`,
);

/** KEYS lease. ARGV id epoch bell. → OK */
export const RESIGN = script(`
local l=redis.call('HMGET',KEYS[1],'id','epoch')
if l[1]==ARGV[1] and l[2]==ARGV[2] then redis.call('HSET',KEYS[1],'until','0') redis.call('PUBLISH',ARGV[3],'lead') end
return {'OK'}`);

/**
 * KEYS lease head log answers inbox. ARGV id epoch expectedSeq command inbox notAfter|'' bell maxAnswers n (nonce text)×n event….
 * → OK seq | FENCED id | LOST | CONFLICT epoch seq command | LATE.
 *
 * Entries after the end were never shown to anybody: another hand, or a script that broke off, left them. They go, and the stream
 * is made anew, because it would take none of ours: its last id stays what it was. (XSETID would do; Redis 8 and Valkey refuse it.)
 * Events come first: a command that fails leaves what was written before it.
 */
export const APPEND = script(
  OWN,
  `
local h=redis.call('HMGET',KEYS[2],'epoch','seq','cmd') if not h[2] then return {'LOST'} end
local seq=tonumber(h[2])
if seq~=tonumber(ARGV[3]) or tonumber(h[1])>tonumber(ARGV[2]) or h[1]==ARGV[2] and tonumber(h[3])>=tonumber(ARGV[4]) then
  return {'CONFLICT',tonumber(h[1]),seq,tonumber(h[3])} end
if ARGV[6]~='' and now>tonumber(ARGV[6]) then return {'LATE'} end
local at=h[2]..'-'..h[1]
for _,e in ipairs(redis.call('XRANGE',KEYS[3],'('..at,'+')) do redis.call('XDEL',KEYS[3],e[1]) end
local n=tonumber(ARGV[9])
for i=10+2*n,#ARGV do
  seq=seq+1 local id=string.format('%d-%s',seq,ARGV[2]) local r=redis.pcall('XADD',KEYS[3],id,'e',ARGV[i])
  if type(r)=='table' and r.err then
    local kept=redis.call('XRANGE',KEYS[3],'-',at) redis.call('DEL',KEYS[3])
    for _,e in ipairs(kept) do redis.call('XADD',KEYS[3],e[1],unpack(e[2])) end
    redis.call('XADD',KEYS[3],id,'e',ARGV[i]) end end
for i=10,8+2*n,2 do redis.call('XADD',KEYS[4],'MAXLEN','=',ARGV[8],'*','n',ARGV[i],'r',ARGV[i+1]) end
redis.call('XTRIM',KEYS[5],'MINID',ARGV[5]) redis.call('XDEL',KEYS[5],ARGV[5])
redis.call('HSET',KEYS[2],'epoch',ARGV[2],'seq',string.format('%d',seq),'cmd',ARGV[4])
redis.call('PUBLISH',ARGV[7],'log') return {'OK',seq}`,
);

/**
 * KEYS lease head log snap inbox secret. ARGV id epoch headEpoch|'' headSeq|'' posEpoch posSeq command level sha body event bell
 * secret|'' (id text)….
 * → OK seq | FENCED id | PRESENT epoch seq
 */
export const RESTORE = script(
  OWN,
  `
local h=redis.call('HMGET',KEYS[2],'epoch','seq')
if (h[1] or '')~=ARGV[3] or (h[2] or '')~=ARGV[4] then return {'PRESENT',tonumber(h[1] or '-1'),tonumber(h[2] or '-1')} end
redis.call('DEL',KEYS[3]) redis.call('DEL',KEYS[5])
local s=string.format('%d',tonumber(ARGV[6])+1)
for i=14,#ARGV,2 do redis.call('XADD',KEYS[3],ARGV[i],'e',ARGV[i+1]) end
local first=string.match(ARGV[14] or s,'^%d+')
redis.call('XADD',KEYS[3],s..'-'..ARGV[2],'e',ARGV[11])
redis.call('HSET',KEYS[4],'epoch',ARGV[5],'seq',ARGV[6],'level',ARGV[8],'sha',ARGV[9],'body',ARGV[10])
redis.call('HSET',KEYS[2],'epoch',ARGV[2],'seq',s,'cmd',ARGV[7],'snap',ARGV[6],'base',ARGV[5]..' '..ARGV[6],'first',first,'level',ARGV[8])
if ARGV[13]~='' then redis.call('SET',KEYS[6],ARGV[13]) end
redis.call('PUBLISH',ARGV[12],'log') return {'OK',tonumber(s)}`,
);

/** KEYS lease head snap log. ARGV id epoch posEpoch posSeq level sha body keepFrom. → OK | STALE | FENCED id */
export const SNAP = script(
  OWN,
  `
local h=redis.call('HMGET',KEYS[2],'seq','snap','first') local seq=tonumber(ARGV[4])
if not h[1] or seq<=tonumber(h[2]) or seq>tonumber(h[1]) then return {'STALE'} end
local first=string.format('%d',math.max(tonumber(h[3]),math.min(tonumber(ARGV[8]),seq)))
redis.call('HSET',KEYS[3],'epoch',ARGV[3],'seq',ARGV[4],'level',ARGV[5],'sha',ARGV[6],'body',ARGV[7])
redis.call('HSET',KEYS[2],'snap',ARGV[4],'first',first,'level',ARGV[5])
redis.call('XTRIM',KEYS[4],'MINID',first) return {'OK'}`,
);

/**
 * KEYS h:HOST hosts lease head left. ARGV host incarnation number beat cold hasCold freshMs bell maxHosts.
 * → TAKEN incarnation | FULL | OK now previous {id host epoch until} {head…}
 */
export const BEAT = script(`
local k=redis.call('HMGET',KEYS[1],'inc','n') local last=redis.call('ZSCORE',KEYS[2],ARGV[1])
local ago=now-tonumber(last or '0')
local live=last and ago<tonumber(ARGV[7]) and ago>=-1000
if live and k[1] and k[1]~=ARGV[2] then return {'TAKEN',k[1]} end
if not live and redis.call('ZCOUNT',KEYS[2],string.format('(%d',now-ARGV[7]),string.format('%d',now+1000))>=tonumber(ARGV[9]) then
  return {'FULL'} end
local new=not last or k[1]~=ARGV[2]
if (new or tonumber(ARGV[3])>tonumber(k[2] or '0')) and not redis.call('ZSCORE',KEYS[5],ARGV[2]) then
  redis.call('HSET',KEYS[1],'inc',ARGV[2],'n',ARGV[3],'beat',ARGV[4])
  if ARGV[6]=='1' or new then redis.call('HSET',KEYS[1],'cold',ARGV[5]) redis.call('PUBLISH',ARGV[8],'hosts') end
  redis.call('ZADD',KEYS[2],now,ARGV[1]) end
return {'OK',now,new and 0 or tonumber(k[2] or '0'),redis.call('HMGET',KEYS[3],'id','host','epoch','until'),
  redis.call('HMGET',KEYS[4],'epoch','seq','cmd','first','base','snap','level')}`);

/** KEYS h:HOST hosts left. ARGV host incarnation bell maxLeft. → OK */
export const LEAVE = script(`
local last=redis.call('ZRANGE',KEYS[3],'-1','-1','WITHSCORES')
redis.call('ZADD',KEYS[3],tonumber(last[2] or '0')+1,ARGV[2])
redis.call('ZREMRANGEBYRANK',KEYS[3],'0',-1-ARGV[4])
if redis.call('HGET',KEYS[1],'inc')==ARGV[2] then
  redis.call('DEL',KEYS[1]) redis.call('ZREM',KEYS[2],ARGV[1]) redis.call('PUBLISH',ARGV[3],'hosts') end
return {'OK'}`);

/** KEYS lease h:HOST hosts. ARGV id epoch host heardAt bell. → OK | FENCED id */
export const FORGET = script(
  OWN,
  `
local last=redis.call('ZSCORE',KEYS[3],ARGV[3])
if last and tonumber(last)<=tonumber(ARGV[4]) then
  redis.call('DEL',KEYS[2]) redis.call('ZREM',KEYS[3],ARGV[3]) redis.call('PUBLISH',ARGV[5],'hosts') end
return {'OK'}`,
);

/** KEYS hosts. ARGV prefix of the keys of hosts. → {host heardAt inc beat cold}… */
export const HOSTS = script(`
local out={} local all=redis.call('ZRANGE',KEYS[1],'0','-1','WITHSCORES')
for i=1,#all,2 do local h=redis.call('HMGET',ARGV[1]..all[i],'inc','beat','cold')
  out[#out+1]={all[i],tonumber(all[i+1]),h[1] or '',h[2] or '',h[3] or ''} end
return out`);

/** KEYS secret. ARGV secret. → the secret that is in force */
export const SHARE = script(`
local s=redis.call('GET',KEYS[1]) if s then return {s} end
redis.call('SET',KEYS[1],ARGV[1]) return {ARGV[1]}`);

/**
 * KEYS lease inbox. ARGV nonce ttl text bell maxInbox. → OK id epoch | LEADERLESS | FULL. An error means that nothing was posted, so
 * what follows XADD must not fail; a bell may be lost.
 */
export const POST = script(`
local l=redis.call('HMGET',KEYS[1],'epoch','until') if not l[1] or tonumber(l[2])<=now then return {'LEADERLESS'} end
if redis.call('XLEN',KEYS[2])>=tonumber(ARGV[5]) then return {'FULL'} end
local id=redis.call('XADD',KEYS[2],'*','n',ARGV[1],'epoch',l[1],'until',string.format('%d',now+ARGV[2]),'j',ARGV[3])
redis.pcall('PUBLISH',ARGV[4],'inbox') return {'OK',id,tonumber(l[1])}`);

/**
 * Tries every command of the others on a key that nobody reads, so that one that the access list forbids is named before an append
 * meets it half-way. KEYS probe. ARGV bell. → {COMMAND: error…}
 */
export const PROBE = script(`
local out={} local k=KEYS[1]
local function try(c,...) local r=redis.pcall(c,...) if type(r)=='table' and r.err then out[#out+1]=c..': '..r.err end end
redis.pcall('DEL',k)
try('HSET',k,'a','1') try('HGET',k,'a') try('HMGET',k,'a') redis.pcall('DEL',k)
try('ZADD',k,'1','a') try('ZCOUNT',k,'0','1') try('ZSCORE',k,'a') try('ZRANGE',k,'0','-1') try('ZREMRANGEBYRANK',k,'0','-9') try('ZREM',k,'a') redis.pcall('DEL',k)
try('XADD',k,'1-1','e','1') try('XADD',k,'2-1','e','1') try('XRANGE',k,'-','+') try('XLEN',k)
try('XDEL',k,'2-1') try('XTRIM',k,'MINID','1') redis.pcall('DEL',k)
try('SET',k,'1') try('GET',k) try('DEL',k) try('PUBLISH',ARGV[1],'hosts')
return out`);
