import { countOf } from './safe-text.js';

/** Something that a datastore with the default limits would refuse. */
export interface LimitWarning {
  readonly what: string;
  readonly unit: 'byte' | 'record';
  readonly size: number;
  readonly limit: number;
}

/** Of the things measured, those that are over their limit. */
export function overLimit(measured: readonly LimitWarning[]): readonly LimitWarning[] {
  return measured.filter(({ size, limit }) => size > limit);
}

/** The warnings as lines of a report. */
export function warningLines(warnings: readonly LimitWarning[]): string[] {
  if (warnings.length === 0) return [];
  return ['', 'OVER THE DEFAULT LIMITS', '', ...warnings.map(warningLine)];
}

function warningLine({ what, unit, size, limit }: LimitWarning): string {
  return `  ${what}: ${countOf(size, unit)}, and the limit is ${countOf(limit, unit)}`;
}
