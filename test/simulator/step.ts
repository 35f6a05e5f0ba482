/**
 * One step of a schedule. It means something in every situation, if only that nothing happens, so that any step can be
 * deleted from a schedule and the rest still runs.
 */
export interface Step {
  readonly type: StepType;
  /** The replica that it is about; 0 where it is about none. */
  readonly replica: number;
  /** A choice that the type explains; 0 where it needs none. */
  readonly argument: number;
}

export type StepType = keyof typeof STEP_PARTS;

/** How many numbers follow the name of a step: none, the replica, or the replica and the argument. */
const STEP_PARTS = {
  /** The user edits; the argument is the seed of the edit. */
  edit: 2,
  /** The user sets the title; the argument is a part of it. */
  title: 2,
  undo: 1,
  redo: 1,
  'end-undo-step': 1,
  sync: 1,
  /** The replica stores what it is now. */
  save: 1,
  /** The replica makes a message of its next delta, and begins to store the two together. */
  prepare: 1,
  /** What `prepare` began is stored now. */
  store: 1,
  /** The message of `prepare` leaves, if it is stored. */
  send: 1,
  /** The replica asks for what it lacks. */
  request: 1,
  /** A message arrives; the argument says which of those that are under way. */
  'deliver-up': 2,
  'deliver-down': 2,
  /** A message is lost. */
  'drop-up': 2,
  'drop-down': 2,
  /** A message arrives and stays under way. */
  'repeat-up': 2,
  'repeat-down': 2,
  /** The replica forgets everything that it did not store, and restarts. */
  crash: 1,
  /** The replica gets another role; the argument counts the roles. */
  role: 2,
  /** The replica hears of its role. */
  'tell-role': 1,
  /** The clock of the replica is set wrong; the argument counts some ways. */
  clock: 2,
  /** The sequencer sends the replica its latest entries unasked; the argument says how many. */
  announce: 2,
  /** The sequencer stores the entry, or else sends the answer, that is next in its queue. */
  work: 0,
  /** The sequencer stores a snapshot. */
  checkpoint: 0,
  /** The sequencer forgets the log but for some entries; the argument says how many. */
  trim: 2,
  /** The sequencer forgets everything that it did not store, and restarts. */
  'crash-sequencer': 0,
} as const;

export const STEP_TYPES = Object.keys(STEP_PARTS) as readonly StepType[];

/** A schedule as a line of text. */
export function formatSchedule(steps: readonly Step[]): string {
  return steps.map(formatStep).join(', ');
}

export function formatStep({ type, replica, argument }: Step): string {
  return [type, replica, argument].slice(0, 1 + STEP_PARTS[type]).join(' ');
}

/**
 * Reads what `formatSchedule` writes.
 *
 * @throws RangeError for what is no schedule.
 */
export function parseSchedule(text: string): Step[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map(parseStep);
}

function parseStep(text: string): Step {
  const [name, ...parts] = text.split(/\s+/);
  const type = STEP_TYPES.find((known) => known === name);
  const numbers = parts.map(Number);
  const isRight = numbers.every((number) => Number.isSafeInteger(number) && number >= 0);
  if (type === undefined || !isRight || numbers.length !== STEP_PARTS[type]) {
    throw new RangeError(`${JSON.stringify(text)} is no step`);
  }
  const [replica = 0, argument = 0] = numbers;
  return { type, replica, argument };
}
