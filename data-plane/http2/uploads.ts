/**
 * The uploads of one connection: which streams send a body, how much of bodies is held, and which window the client is
 * told. How wide that is, is decided by `upload-windows.ts`.
 */
import type { ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import { guarded } from '../guarded.js';
import { MAX_CONCURRENT_STREAMS } from './session-options.js';
import {
  SMALL_WINDOW_BYTES,
  WIDE_UPLOADS,
  createUploadWindows,
  mostHeldBytes,
  uploadBegan,
  uploadEnded,
  uploadMoved,
  type UploadWindows,
  type WindowChange,
} from './upload-windows.js';

/** Body bytes that may be on their way to us on a connection, at least. Node gives them back at once. */
const CONNECTION_WINDOW_BYTES = 1024 * 1024;

export class Uploads {
  readonly #session: ServerHttp2Session;
  readonly #windows: UploadWindows;
  /** Window of each stream as the client was told last, and as it is to be told. */
  #toldWindow = SMALL_WINDOW_BYTES;
  #wantedWindow = SMALL_WINDOW_BYTES;
  /** Streams whose body has not all been read. */
  readonly #streams = new Set<ServerHttp2Stream>();

  constructor(session: ServerHttp2Session, wideBytes: number) {
    this.#session = session;
    this.#windows = createUploadWindows(wideBytes);
    session.setLocalWindowSize(Math.max(CONNECTION_WINDOW_BYTES, WIDE_UPLOADS * this.#windows.wideBytes));
  }

  /** Whether more has come of bodies, and was not read, than the windows allow. */
  get holdMoreThanAllowed(): boolean {
    let held = 0;
    for (const stream of this.#streams) held += stream.readableLength;
    return held > mostHeldBytes(this.#windows, MAX_CONCURRENT_STREAMS);
  }

  /** @param lost what a bug in the listeners here is told to */
  began(stream: ServerHttp2Stream, lost: (error: unknown) => void): void {
    this.#streams.add(stream);
    this.#setWindow(uploadBegan(this.#windows));
    const ended = guarded(lost, () => {
      if (this.#streams.delete(stream)) uploadEnded(this.#windows);
    });
    stream.once('end', ended);
    stream.once('close', ended);
  }

  /** So many bytes of a body were read. */
  moved(count: number): void {
    this.#setWindow(uploadMoved(this.#windows, count));
  }

  /**
   * Tells the client the window that is wanted, one change after the other: node ends a connection on which more than ten
   * wait for the client's word, and what a client that has not said that it knows of the last one may send is bounded by
   * that one.
   */
  tellWindow(): void {
    const session = this.#session;
    if (session.closed || session.destroyed || session.pendingSettingsAck) return;
    if (this.#wantedWindow === this.#toldWindow) return;
    this.#toldWindow = this.#wantedWindow;
    session.settings({ initialWindowSize: this.#wantedWindow });
  }

  #setWindow(change: WindowChange): void {
    if (change === null) return;
    this.#wantedWindow = change;
    this.tellWindow();
  }
}
