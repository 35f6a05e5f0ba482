import type { Workload } from './workload.js';
import { keystroke } from './workloads/keystroke.js';
import { lists, moves } from './workloads/list-branches.js';
import { counter, register } from './workloads/one-place.js';
import { records } from './workloads/record-branches.js';
import { lateMessage, madeText, realText } from './workloads/shared-text.js';
import { trace } from './workloads/trace.js';

export const workloads: readonly Workload[] = [
  trace,
  lists,
  moves,
  records,
  register,
  counter,
  keystroke,
  realText,
  madeText,
  lateMessage,
];
