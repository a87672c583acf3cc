/**
 * Keeps the certificate that workers terminate TLS with: loads it at the start, again when its files change, and hands
 * each good one to the workers. A bad one is recorded and the one before stays in use.
 */
import { randomBytes } from 'node:crypto';
import type { CertificateMaterial } from '#shared/message.js';
import type { TimerHandle } from '#shared/ports.js';
import { type LoadedCertificate, loadCertificate, timeProblem } from '../config/certificates.js';
import type { TlsFiles } from '../config/process-settings.js';
import { type FileWatch, watchFiles } from '../config/watch-files.js';
import type { Primary } from './primary.js';
import { sharedTicketKeys, TICKET_KEY_BYTES } from './shared-keys.js';
import { StartFailure } from '../start-failure.js';
import type { SystemPorts } from './system-ports.js';

/** Whom it tells: the log by commands, workers by messages. */
type Teller = Pick<Primary, 'submit' | 'broadcast'>;

export class CertificateReloader {
  readonly #files: TlsFiles | null;
  /** The secret of all hosts; `null`: there is none. */
  readonly #secret: string | null;
  readonly #system: SystemPorts;
  /** Shared by all workers, so that a TLS session resumes on any of them. */
  readonly #ownTicketKeys = randomBytes(TICKET_KEY_BYTES);
  #current: LoadedCertificate | null = null;
  #known: readonly (string | null)[] = [];
  #lastProblem: string | null = null;
  #primary: Teller | null = null;
  #watch: FileWatch | null = null;
  #nextTicketKeys: TimerHandle | null = null;

  private constructor(files: TlsFiles | null, secret: string | null, system: SystemPorts) {
    this.#files = files;
    this.#secret = secret;
    this.#system = system;
  }

  /** `files`: `null` where TLS is off. Fails with StartFailure when there is no good certificate to start with. */
  static async load(
    files: TlsFiles | null,
    secret: string | null,
    system: SystemPorts,
  ): Promise<CertificateReloader> {
    const reloader = new CertificateReloader(files, secret, system);
    if (files === null) return reloader;
    const result = await loadCertificate(files, system.clock.now());
    if (!result.ok) throw new StartFailure(result.problem);
    reloader.#current = result.certificate;
    reloader.#known = result.sha256;
    reloader.#warnOf(result.warning);
    return reloader;
  }

  get material(): CertificateMaterial | null {
    if (this.#current === null) return null;
    const { certPem, keyPem } = this.#current;
    return { certPem, keyPem, ticketKeys: this.#ticketKeys().keys };
  }

  /** What is wrong with the files, or with the certificate in use, in one sentence; `null`: nothing. */
  trouble(): string | null {
    if (this.#files === null || this.#current === null) return null;
    const { certFile } = this.#files;
    const refused = this.#lastProblem;
    if (refused !== null) return `${certFile} was refused, the one before stays in use: ${refused}`;
    const untimely = timeProblem(this.#current, this.#system.clock.now());
    return untimely === null ? null : `${certFile}: clients refuse the certificate in use: ${untimely}`;
  }

  /** From now on loads are recorded, and changes of the files are followed. */
  async attach(primary: Teller): Promise<void> {
    if (this.#files === null || this.#current === null) return;
    this.#primary = primary;
    await this.#record(this.#current, this.#files);
    const { certFile, keyFile } = this.#files;
    const onChange = (): void => void this.reload();
    this.#watch = watchFiles({ files: [certFile, keyFile], known: this.#known, onChange });
    this.#renewTicketKeys();
  }

  /** Loads the files again. What is the same, or not good, changes nothing. Never rejects. */
  async reload(): Promise<void> {
    try {
      await this.#reload();
    } catch (error) {
      // The log cannot be written. Workers have the certificate all the same.
      this.#system.logger.error({ err: error }, 'certificate not recorded');
    }
  }

  async #reload(): Promise<void> {
    if (this.#files === null || this.#primary === null) return;
    const result = await loadCertificate(this.#files, this.#system.clock.now());
    if (!result.ok) {
      await this.#refuse(result.problem);
      return;
    }
    const { certificate, warning } = result;
    if (certificate.fingerprint === this.#current?.fingerprint) {
      this.#lastProblem = null;
      return;
    }
    if (warning !== null && this.#isInTime()) {
      await this.#refuse(`${warning}, and the one in use is valid`);
      return;
    }
    this.#lastProblem = null;
    this.#warnOf(warning);
    this.#current = certificate;
    this.#tellWorkers();
    await this.#record(this.#current, this.#files);
  }

  close(): void {
    this.#watch?.close();
    this.#nextTicketKeys?.cancel();
  }

  #ticketKeys(): { readonly keys: Uint8Array; readonly until: number } {
    return this.#secret === null
      ? { keys: this.#ownTicketKeys, until: Infinity }
      : sharedTicketKeys(this.#secret, this.#system.clock.now());
  }

  /** All hosts change at the same time. */
  #renewTicketKeys(): void {
    const { until } = this.#ticketKeys();
    if (until === Infinity) return;
    const { clock, timers } = this.#system;
    this.#nextTicketKeys = timers.after(until - clock.now(), () => {
      this.#tellWorkers();
      this.#renewTicketKeys();
    });
  }

  #tellWorkers(): void {
    const certificate = this.material;
    if (certificate !== null) this.#primary?.broadcast({ type: 'certificate', certificate });
  }

  /** The same faulty files are recorded once, however often they are looked at. */
  async #refuse(problem: string): Promise<void> {
    if (this.#files === null || problem === this.#lastProblem) return;
    this.#lastProblem = problem;
    const { certFile } = this.#files;
    const actor = { kind: 'file', name: certFile } as const;
    await this.#primary?.submit({ type: 'RejectCertificate', certFile, problem, actor });
  }

  #isInTime(): boolean {
    return this.#current !== null && timeProblem(this.#current, this.#system.clock.now()) === null;
  }

  /** One that clients refuse is better than none, but somebody must hear of it. */
  #warnOf(warning: string | null): void {
    if (warning === null) return;
    const { certFile } = this.#files ?? {};
    this.#system.logger.error({ certFile, problem: warning }, 'clients will refuse the certificate in use');
  }

  async #record(certificate: LoadedCertificate, { certFile }: TlsFiles): Promise<void> {
    const { fingerprint, subject, notAfter } = certificate;
    const actor = { kind: 'file', name: certFile } as const;
    await this.#primary?.submit({
      type: 'RecordCertificate',
      certFile,
      fingerprint,
      subject,
      notAfter,
      actor,
    });
  }
}
