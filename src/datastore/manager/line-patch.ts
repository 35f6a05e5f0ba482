/**
 * The difference between two texts of lines, as JSON: what to skip, what to take out and what to put in. Where one line
 * becomes another, only the part that differs is written, so a keystroke in a long list costs a keystroke.
 */
export type Hunk =
  /** Skips lines, then takes some out and puts others in. */
  | readonly [skip: number, remove: number, insert: readonly string[]]
  /** Skips lines, then changes a part of the next one. */
  | readonly [skip: number, from: number, remove: number, insert: string];

/** Law: `applyLines(before, diffLines(before, after))` is `after`. */
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

/** @returns `undefined` if the hunks do not fit the lines. */
export function applyLines(before: readonly string[], hunks: readonly unknown[]): string[] | undefined {
  const after: string[] = [];
  let at = 0;
  for (const hunk of hunks) {
    if (!Array.isArray(hunk)) return undefined;
    const [skip, from, remove, insert] = hunk as readonly unknown[];
    if (!isCount(skip) || !isCount(from) || at + skip > before.length) return undefined;
    for (const end = at + skip; at < end; at++) after.push(before[at] ?? '');
    if (Array.isArray(remove)) {
      if (at + from > before.length || !remove.every((line) => typeof line === 'string')) return undefined;
      at += from;
      for (const line of remove) after.push(line);
    } else {
      const line = before[at++];
      if (line === undefined || !isCount(remove) || typeof insert !== 'string') return undefined;
      after.push(line.slice(0, from) + insert + line.slice(from + remove));
    }
  }
  for (; at < before.length; at++) after.push(before[at] ?? '');
  return after;
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
