/**
 * The difference between two texts of lines, as JSON: what to skip, what to take out and what to put in. Where one line
 * becomes another, only the part that differs is written, so a keystroke in a long list costs a keystroke.
 */
export type Hunk =
  /** Skips lines, then takes some out and puts others in. */
  | readonly [skip: number, remove: number, insert: readonly string[]]
  /** Skips lines, then changes a part of the next one. */
  | readonly [skip: number, from: number, remove: number, insert: string];

/** Law: patching `before` with the hunks between `before` and `after` makes `after`. */
export function diffLines(before: readonly string[], after: readonly string[]): Hunk[] {
  const start = commonLength(before.length, after.length, (at) => before[at] === after[at]);
  const rest = Math.min(before.length, after.length) - start;
  const end = commonLength(rest, rest, (at) => before.at(-1 - at) === after.at(-1 - at));
  const [endBefore, endAfter] = [before.length - end, after.length - end];
  const positions = new Map<string, number>();
  for (let at = endBefore - 1; at >= start; at--) positions.set(before[at] ?? '', at);

  const hunks: Hunk[] = [];
  let [skip, from, inserted] = [start, start, [] as string[]];
  /** The lines from `from` to `to` go, and what was collected comes instead. */
  const replaceTo = (to: number): void => {
    if (to === from && inserted.length === 0) return;
    hunks.push(hunkOf(skip, before.slice(from, to), inserted));
    [skip, from, inserted] = [0, to, []];
  };
  for (const line of after.slice(start, endAfter)) {
    const found = before[from] === line && from < endBefore && inserted.length === 0 ? from : positions.get(line);
    if (found === undefined || found < from) {
      inserted.push(line);
      continue;
    }
    replaceTo(found);
    skip++;
    from = found + 1;
  }
  replaceTo(endBefore);
  return hunks;
}

/** How many lines are kept in one piece. */
const PIECE = 512;

/**
 * Lines that patches change in place. They are kept in pieces, so that a patch costs what it changes and a step for each
 * piece that it passes: reading a long log of small patches does not copy everything for each of them.
 */
export class PatchedLines {
  #pieces: string[][];
  /** Where the next hunk begins: the piece, and the line in it. */
  #piece = 0;
  #line = 0;

  constructor(lines: readonly string[]) {
    this.#pieces = piecesOf(lines);
  }

  /** Applies a patch. @returns whether it fits; if not, the lines are of no use any more. */
  apply(hunks: readonly unknown[]): boolean {
    [this.#piece, this.#line] = [0, 0];
    for (const hunk of hunks) {
      if (!Array.isArray(hunk)) return false;
      const [skip, from, remove, insert] = hunk as readonly unknown[];
      if (!isCount(skip) || !isCount(from) || !this.#skip(skip)) return false;
      const fits = Array.isArray(remove) ? this.#replace(from, remove) : this.#edit(from, remove, insert);
      if (!fits) return false;
    }
    this.#pieces = this.#pieces.flatMap((piece) => (piece.length > 2 * PIECE ? piecesOf(piece) : [piece]));
    return true;
  }

  toArray(): string[] {
    return this.#pieces.flat();
  }

  #skip(count: number): boolean {
    for (let left = count; left > 0; ) {
      const piece = this.#pieces[this.#piece];
      if (piece === undefined) return false;
      const passed = Math.min(left, piece.length - this.#line);
      left -= passed;
      this.#line += passed;
      if (left > 0) this.#next();
    }
    return true;
  }

  #replace(count: number, lines: readonly unknown[]): boolean {
    if (!lines.every((line) => typeof line === 'string')) return false;
    for (let left = count; left > 0; ) {
      const piece = this.#pieces[this.#piece];
      if (piece === undefined) return false;
      left -= piece.splice(this.#line, left).length;
      if (left > 0) this.#next();
    }
    if (this.#pieces.length === this.#piece) this.#pieces.push([]);
    const piece = this.#pieces[this.#piece] ?? [];
    this.#pieces[this.#piece] = [...piece.slice(0, this.#line), ...lines, ...piece.slice(this.#line)];
    this.#line += lines.length;
    return true;
  }

  #edit(from: number, remove: unknown, insert: unknown): boolean {
    while (this.#line === this.#pieces[this.#piece]?.length) this.#next();
    const piece = this.#pieces[this.#piece];
    const line = piece?.[this.#line];
    if (piece === undefined || line === undefined || !isCount(remove) || typeof insert !== 'string') return false;
    piece[this.#line++] = line.slice(0, from) + insert + line.slice(from + remove);
    return true;
  }

  #next(): void {
    this.#piece++;
    this.#line = 0;
  }
}

function piecesOf(lines: readonly string[]): string[][] {
  const pieces: string[][] = [];
  for (let start = 0; start < lines.length; start += PIECE) pieces.push(lines.slice(start, start + PIECE));
  return pieces;
}

function hunkOf(skip: number, removed: readonly string[], inserted: readonly string[]): Hunk {
  const [line = ''] = removed;
  const [text = ''] = inserted;
  if (removed.length !== 1 || inserted.length !== 1) return [skip, removed.length, inserted];
  const start = commonLength(line.length, text.length, (at) => line[at] === text[at]);
  const rest = Math.min(line.length, text.length) - start;
  const end = commonLength(rest, rest, (at) => line[line.length - 1 - at] === text[text.length - 1 - at]);
  return [skip, start, line.length - start - end, text.slice(start, text.length - end)];
}

function commonLength(left: number, right: number, isSame: (at: number) => boolean): number {
  const most = Math.min(left, right);
  let at = 0;
  while (at < most && isSame(at)) at++;
  return at;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
