/** A law that a run broke: what the simulator looks for. */
export class Violation extends Error {
  override readonly name = 'Violation';
  /** Which law, in a few fixed words. Shrinking keeps to schedules that break the same one. */
  readonly law: string;

  constructor(law: string, detail: string, cause?: unknown) {
    super(`${law}: ${detail}`, cause === undefined ? {} : { cause });
    this.law = law;
  }
}

/** Runs what must not fail; whatever is thrown counts as a violation. */
export function mustNotThrow<T>(what: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof Violation) throw error;
    throw new Violation('nothing throws', `${what} threw ${String(error)}`, error);
  }
}
