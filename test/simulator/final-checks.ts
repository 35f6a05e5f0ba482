import { parseState } from '../../src/index.js';
import { readJournal } from './journal.js';
import { checkSizes, describeDifferences, differences, readView } from './view.js';
import { Violation } from './violation.js';
import type { World } from './world.js';

/** Checks a world at rest: everyone shows what the log says, and the log holds what every user did, exactly once. */
export function checkRest(world: World): void {
  checkConvergence(world);
  checkAccounts(world);
}

function checkConvergence({ history, replicas, sequencer }: World): void {
  const log = readView(history.state);
  const snapshot = sequencer.snapshot();
  const kept = readView(parseState(snapshot.rows));
  if (snapshot.rev !== history.revision || differences(log, kept).length > 0) {
    throw new Violation('the log alone rebuilds the state', describeDifferences(log, kept));
  }
  checkSizes('the state of the log', history.state);
  for (const { index, machine } of replicas) {
    const view = readView(machine);
    if (differences(log, view).length > 0) {
      throw new Violation('everyone converges', `the log against replica ${index}: ${describeDifferences(log, view)}`);
    }
    checkSizes(`replica ${index}`, machine);
  }
}

/** The journal in the log against the ledgers of all users. */
function checkAccounts({ history, replicas }: World): void {
  const journal = readJournal(history.state);
  if (journal === undefined) throw new Violation('the journal is in the log', 'it is not');
  const expected = { tags: new Map<string, number>(), count: 0n, balance: 0 };
  const open = new Set<string>();
  const loose = new Set<string>();
  /** How often a tag is in the log by a delta that had been given up: whoever redid it in the meantime did it twice. */
  const returned = new Map<string, number>();
  for (const host of replicas) {
    const ledger = host.ledger.clone();
    for (const retraction of ledger.retractions) {
      if (!history.has(retraction.nonce)) continue;
      ledger.restore(retraction);
      for (const tag of retraction.effect.added) returned.set(tag, (returned.get(tag) ?? 0) + 1);
    }
    expected.count += ledger.count;
    expected.balance += ledger.balance;
    for (const tag of ledger.open) open.add(tag);
    for (const tag of ledger.loose) loose.add(tag);
    for (const tag of ledger.tags) expected.tags.set(tag, 1);
  }
  const found = new Map<string, number>();
  for (const tag of journal.tags) found.set(tag, (found.get(tag) ?? 0) + 1);
  for (const tag of new Set([...expected.tags.keys(), ...found.keys()])) {
    const count = found.get(tag) ?? 0;
    if (loose.has(tag)) continue;
    if (open.has(tag) ? count > 1 + (returned.get(tag) ?? 0) : count !== (expected.tags.get(tag) ?? 0)) {
      throw new Violation('every edit counts exactly once', `tag ${tag} is there ${count} times`);
    }
  }
  if (replicas.some(({ ledger }) => ledger.isSumOpen)) return;
  if (journal.count !== expected.count || journal.balance !== expected.balance) {
    const sums = `${journal.count} and ${journal.balance}`;
    throw new Violation('sums add up', `the log has ${sums}, not ${expected.count} and ${expected.balance}`);
  }
}
