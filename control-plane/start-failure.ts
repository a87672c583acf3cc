/** Why Tidegate does not start, in one sentence for the operator. It is printed without a stack. */
export class StartFailure extends Error {
  /** Whether the same start fails again until somebody changes a file. If not, a supervisor may try again. */
  readonly needsChange: boolean;

  constructor(message: string, options: ErrorOptions & { readonly needsChange?: boolean } = {}) {
    super(message, options);
    this.name = 'StartFailure';
    this.needsChange = options.needsChange ?? false;
  }
}
