/** Lines are broken to stay below this many columns, where they have a space to break at. */
const WIDTH = 100;

/**
 * A line of `label` and `text`, continued under the beginning of the text where it does not fit. The label may end in
 * spaces that line it up with others.
 */
export function hangingLines(label: string, text: string): string[] {
  const indent = ' '.repeat(label.length);
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const isFirstWord = line === '';
    if (!isFirstWord && label.length + line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = word;
    } else {
      line = isFirstWord ? word : `${line} ${word}`;
    }
  }
  lines.push(line);
  return lines.map((part, at) => `${at === 0 ? label : indent}${part}`.trimEnd());
}

/** Rows of cells as lines with aligned columns: to the right where `rightAligned` has the column, else to the left. */
export function alignedLines(
  rows: readonly (readonly string[])[],
  indent: string,
  rightAligned: readonly number[] = [],
): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, cell.length);
    });
  }
  return rows.map((row) => {
    const cells = row.map((cell, column) => {
      const width = widths[column] ?? 0;
      return rightAligned.includes(column) ? cell.padStart(width) : cell.padEnd(width);
    });
    return `${indent}${cells.join('  ')}`.trimEnd();
  });
}

/** The width of the longest of the texts. */
export function longest(texts: Iterable<string>): number {
  let width = 0;
  for (const text of texts) width = Math.max(width, text.length);
  return width;
}
