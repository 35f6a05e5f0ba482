/**
 * The positions of a longest strictly increasing subsequence of `numbers`, by patience sorting: the top of pile k ends
 * the lowest-ending increasing subsequence of length k + 1. O(n log n).
 */
export function longestIncreasing(numbers: readonly number[]): number[] {
  const tops: number[] = [];
  const previous: number[] = [];
  numbers.forEach((number, position) => {
    let low = 0;
    let high = tops.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((numbers[tops[middle] ?? 0] ?? 0) < number) low = middle + 1;
      else high = middle;
    }
    previous[position] = tops[low - 1] ?? -1;
    tops[low] = position;
  });
  const result: number[] = [];
  for (let position = tops.at(-1) ?? -1; position >= 0; position = previous[position] ?? -1) result.push(position);
  return result.reverse();
}
