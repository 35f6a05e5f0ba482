/** What a command may do to the outside world. The program passes the real thing, a test passes what it likes. */
export interface CommandIo {
  /** The content of a file; throws what `node:fs` throws. */
  readFile(path: string): Uint8Array;
  /** Replaces the content of a file; throws what `node:fs` throws. */
  writeFile(path: string, text: string): void;
  stdout(text: string): void;
  stderr(text: string): void;
}

/** How a command ended. 2 is the caller's to mend, 1 is a defect of this program. */
export const EXIT_STATUS: { readonly done: 0; readonly internalError: 1; readonly badInput: 2 } = {
  done: 0,
  internalError: 1,
  badInput: 2,
};
