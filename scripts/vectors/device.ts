/** A replica in a conversation, what it stored last, and what its steps answer. */

import { DEFAULT_LIMITS, parseDelta, type ResolutionRules } from '../../src/index.js';
import {
  formatMessage,
  Replica,
  type ReplicaOptions,
  type SavedReplica,
  type SyncResult,
} from '../../src/sync/index.js';
import { asJson, type Json, type JsonObject, numberOf, objectOf, textOf } from './json.js';
import { readRules, writeConflict } from './outcome.js';

export class Device {
  readonly #options: ReplicaOptions;
  #rules: ResolutionRules;
  #stored: JsonObject;
  replica: Replica;

  constructor(name: string, { rules, replicaLimits, undoDepth }: JsonObject) {
    let count = 0;
    this.#rules = readRules(rules ?? {});
    this.#options = {
      nextNonce: () => `${name}-${++count}`,
      rules: { get: (table, field) => this.#rules.get(table, field) },
      limits: { ...DEFAULT_LIMITS, ...(replicaLimits === undefined ? {} : objectOf(replicaLimits)) },
      ...(undoDepth === undefined ? {} : { undoDepth: numberOf(undoDepth) }),
    };
    this.replica = new Replica(this.#options);
    this.#stored = written(this.replica.save());
  }

  /** What the replica shows. */
  get rows(): Json {
    return asJson(this.replica.toRows());
  }

  /** The names of what is true of the replica, as `status` names it. */
  get status(): Json {
    return Object.entries(this.replica.status).flatMap(([name, isTrue]) => (isTrue ? [name] : []));
  }

  /** What a step answers that needs no message. */
  take(step: JsonObject): Json {
    const { replica } = this;
    switch (step['do']) {
      case 'edit':
        replica.apply(parseDelta(step['delta']));
        return this.rows;
      case 'title':
        replica.setTitle(step['title'] === null ? undefined : textOf(step['title']));
        return this.rows;
      case 'undo':
      case 'redo':
      case 'rollback':
        replica[step['do']]();
        return this.rows;
      case 'end-step':
        replica.endUndoStep();
        return null;
      case 'sync':
        return writeResult(replica.sync(timeOf(step)));
      case 'seal':
        return replica.seal(timeOf(step));
      case 'reopen':
        return replica.reopen();
      case 'withdraw': {
        const withdrawal = replica.withdraw();
        return withdrawal === undefined
          ? null
          : { conflicts: withdrawal.conflicts.map(writeConflict), rows: this.rows };
      }
      default:
        return this.#takeOutside(step);
    }
  }

  /** A step that is about what the replica sends and stores, or about what it was told. */
  #takeOutside(step: JsonObject): Json {
    const { replica } = this;
    switch (step['do']) {
      case 'become':
        replica.setRole(textOf(step['role']) as 'owner');
        return null;
      case 'rules':
        this.#rules = readRules(step['rules']);
        return null;
      case 'put': {
        const put = replica.outgoing();
        this.#stored = written(replica.save());
        return put === undefined ? null : asJson(formatMessage(put));
      }
      case 'request':
        return asJson(formatMessage(replica.request()));
      case 'save':
        this.#stored = written(replica.save((step['extent'] ?? 'all') as Parameters<Replica['save']>[0]));
        return this.#stored;
      case 'crash':
        this.replica = Replica.load(this.#stored, { ...this.#options, role: replica.role });
        return this.status;
      case 'load':
        this.replica = Replica.load(step['replica'], { ...this.#options, role: replica.role });
        return this.status;
      default:
        throw new Error(`A replica cannot do ${JSON.stringify(step['do'])}`);
    }
  }
}

function timeOf({ time }: JsonObject): Date {
  return new Date(numberOf(time));
}

/** What is saved, with its rules in the order of their places, which means nothing. */
function written(saved: SavedReplica): JsonObject {
  const rules = [...saved.rules].sort((left, right) => (JSON.stringify(left) < JSON.stringify(right) ? -1 : 1));
  return asJson({ ...saved, rules }) as JsonObject;
}

function writeResult({ changed, conflicts, refused, uncertain, isReloaded }: SyncResult): JsonObject {
  return {
    changed: Object.fromEntries([...changed].map(([table, records]) => [table, [...records]])),
    conflicts: conflicts.map(writeConflict),
    refused: refused.map(({ nonce, refusal, conflicts: lost }) => ({
      ...{ nonce, reason: refusal.reason, conflicts: lost.map(writeConflict) },
    })),
    uncertain: uncertain.map(({ nonce }) => nonce),
    isReloaded,
  };
}
