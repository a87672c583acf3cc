/**
 * How many bytes of a request body may be on their way over HTTP/2: what a window lets through per round trip is all the speed
 * there is. Pure. Node gives the window of a connection back at once, so the windows of its streams are what bounds the
 * memory: a hundred of them are small, and few of them, once a body of more than that has come, are as large as the settings say.
 */

/** Window of a stream while others need room, too. */
export const SMALL_WINDOW_BYTES = 64 * 1024;
/** Request bodies that may come at the same time with large windows. */
export const WIDE_UPLOADS = 4;

export interface UploadWindows {
  /** Streams whose body has not all come. */
  uploads: number;
  /** Bytes of bodies since the last change. */
  bytes: number;
  isWide: boolean;
  readonly wideBytes: number;
}

export function createUploadWindows(wideBytes: number): UploadWindows {
  return { uploads: 0, bytes: 0, isWide: false, wideBytes };
}

/** What the window of each stream is to be from now on, or `null`: as it is. */
export type WindowChange = number | null;

/** A request with a body has begun. A client has to learn of a smaller window before that holds: what is on its way still comes. */
export function uploadBegan(windows: UploadWindows): WindowChange {
  windows.uploads += 1;
  if (!windows.isWide || windows.uploads <= WIDE_UPLOADS) return null;
  windows.isWide = false;
  windows.bytes = 0;
  return SMALL_WINDOW_BYTES;
}

export function uploadEnded(windows: UploadWindows): void {
  windows.uploads -= 1;
}

/** Some of a body has been read, which is when its backend takes it. */
export function uploadMoved(windows: UploadWindows, count: number): WindowChange {
  if (windows.isWide || windows.wideBytes <= SMALL_WINDOW_BYTES) return null;
  windows.bytes += count;
  if (windows.bytes < SMALL_WINDOW_BYTES || windows.uploads > WIDE_UPLOADS) return null;
  windows.isWide = true;
  return windows.wideBytes;
}

/**
 * What a connection may hold of bodies that no backend takes: as much as windows allow, with one change of them that the client
 * has not learned of. Who sends more has not said that it knows of a change for long.
 */
export function mostHeldBytes({ wideBytes }: UploadWindows, streams: number): number {
  return 2 * WIDE_UPLOADS * Math.max(wideBytes, SMALL_WINDOW_BYTES) + streams * SMALL_WINDOW_BYTES;
}
