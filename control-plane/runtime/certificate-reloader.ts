/**
 * Keeps the certificate with which workers terminate TLS. The reloader loads the certificate at the start and again whenever
 * its files change, and sends each good certificate to the workers. A bad certificate is recorded, and the previous one
 * stays in use.
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

/** Records certificates in the event log by commands, and sends certificates to workers by messages. */
type Teller = Pick<Primary, 'submit' | 'broadcast'>;

export class CertificateReloader {
  readonly #files: TlsFiles | null;
  /** The secret that all hosts share; `null` if hosts share none. */
  readonly #secret: string | null;
  readonly #system: SystemPorts;
  /** All workers use the same ticket keys, so that a TLS session resumes on any worker. */
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

  /** @param files `null` if TLS is off. Throws StartFailure if the files hold no good certificate to start with. */
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

  /** One sentence that says what is wrong with the files or with the certificate in use; `null` if nothing is wrong. */
  trouble(): string | null {
    if (this.#files === null || this.#current === null) return null;
    const { certFile } = this.#files;
    const refused = this.#lastProblem;
    if (refused !== null) return `${certFile} was refused, the one before stays in use: ${refused}`;
    const untimely = timeProblem(this.#current, this.#system.clock.now());
    return untimely === null ? null : `${certFile}: clients refuse the certificate in use: ${untimely}`;
  }

  /** Starts to record each load in the log and to follow changes of the files. */
  async attach(primary: Teller): Promise<void> {
    if (this.#files === null || this.#current === null) return;
    this.#primary = primary;
    await this.#record(this.#current, this.#files);
    const { certFile, keyFile } = this.#files;
    const onChange = (): void => void this.reload();
    this.#watch = watchFiles({ files: [certFile, keyFile], known: this.#known, onChange });
    this.#renewTicketKeys();
  }

  /** Loads the files again. An unchanged or a bad certificate changes nothing. Never rejects. */
  async reload(): Promise<void> {
    try {
      await this.#reload();
    } catch (error) {
      // The log cannot be written. The workers have received the certificate nevertheless.
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

  /**
   * Replaces the ticket keys when their period ends. All hosts replace theirs at the same time, because keys follow from the
   * clock.
   */
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

  /** Records a problem once, even if the same faulty files are loaded many times. */
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

  /**
   * A certificate that clients refuse is used, because it is better than none. The log warns of it, because somebody has to
   * replace it.
   */
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
