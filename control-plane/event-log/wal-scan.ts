/**
 * Finds damage in the write-ahead log of SQLite that SQLite itself ignores silently. SQLite reads the log up to the first
 * frame that fails its check and takes the rest for a torn last write. With synchronous=FULL, at most one transaction can be
 * torn. Therefore two or more commits beyond that frame were acknowledged and would be lost. A log that was cut off at its
 * end cannot be told from a shorter one. Format: sqlite.org/fileformat2.html §4.
 */

const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
/** Magic numbers. The last bit says whether the checksums read words as big-endian. */
const MAGIC_LITTLE = 0x377f0682;
const MAGIC_BIG = 0x377f0683;

/** Describes the damage of the write-ahead log for people; `null` if there is none. */
export function findWalDamage(wal: Buffer): string | null {
  if (wal.length <= HEADER_BYTES) return null;
  const view = new DataView(wal.buffer, wal.byteOffset, wal.length);
  const magic = view.getUint32(0);
  const littleEndian = magic === MAGIC_LITTLE;
  const header = checksum(view, 0, 24, [0, 0], littleEndian);
  const headerSound =
    (littleEndian || magic === MAGIC_BIG) &&
    header[0] === view.getUint32(24) &&
    header[1] === view.getUint32(28);
  if (!headerSound) return 'the header of its write-ahead log is damaged';

  const pageBytes = view.getUint32(8);
  const frameBytes = FRAME_HEADER_BYTES + pageBytes;
  const frames = Math.floor((wal.length - HEADER_BYTES) / frameBytes);
  let sums = header;
  let broken = -1;
  let commitsBeyond = 0;
  for (let frame = 0; frame < frames; frame++) {
    const at = HEADER_BYTES + frame * frameBytes;
    const sameLog =
      view.getUint32(at + 8) === view.getUint32(16) && view.getUint32(at + 12) === view.getUint32(20);
    if (broken < 0) {
      sums = checksum(view, at, 8, sums, littleEndian);
      sums = checksum(view, at + FRAME_HEADER_BYTES, pageBytes, sums, littleEndian);
      const sound = sameLog && sums[0] === view.getUint32(at + 16) && sums[1] === view.getUint32(at + 20);
      if (sound) continue;
      broken = frame;
    }
    if (sameLog && view.getUint32(at + 4) !== 0) commitsBeyond += 1;
  }
  return commitsBeyond >= 2
    ? `frame ${broken + 1} of its write-ahead log is damaged, and complete transactions follow it`
    : null;
}

type Sums = readonly [number, number];

function checksum(view: DataView, from: number, bytes: number, seed: Sums, littleEndian: boolean): Sums {
  let [first, second] = seed;
  for (let at = from; at < from + bytes; at += 8) {
    first = (first + view.getUint32(at, littleEndian) + second) >>> 0;
    second = (second + view.getUint32(at + 4, littleEndian) + first) >>> 0;
  }
  return [first, second];
}
