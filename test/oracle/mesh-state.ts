/**
 * State(V) of the mesh, word for word: LIFE, REG, FIELD, SUM and ITEM by going through everything, every time. What an
 * author saw is what the same rules make of the past of the event and of the operations before in it (GRAPH-7).
 */

import type { Atom, Change, FieldOp, ListOp, Value } from '../../src/index.js';
import { keyOf, type OracleEvent, OracleGraph, ruleIn } from './mesh-graph.js';
import { drawLine, END, type Location, START } from './mesh-line.js';
import { compareInOrder, isList, sumOf } from './value-order.js';

/** Records by table and id, fields by name. */
export type MeshRows = ReadonlyMap<string, ReadonlyMap<string, Value>>;

/** The root of a field that nothing was assigned to. */
const NONE = 'none';

interface Operation {
  readonly event: string;
  /** Its place among the operations of its event. */
  readonly at: number;
  readonly table: string;
  readonly record: string;
}
interface Begin extends Operation {
  readonly type: 'begin';
}
interface End extends Operation {
  readonly type: 'end';
  readonly lives: readonly Begin[];
}
interface FieldOperation extends Operation {
  readonly field: string;
  readonly lives: readonly Begin[];
}
interface Assignment extends FieldOperation {
  readonly type: 'assign';
  readonly value: Value | undefined;
}
type Root = Assignment | typeof NONE;
interface Increment extends FieldOperation {
  readonly type: 'increment';
  readonly value: bigint | number;
  readonly base: Value | undefined;
  readonly roots: readonly Root[];
}
interface Create extends FieldOperation {
  readonly type: 'create';
  readonly roots: readonly Root[];
}
/** A list is named by the put that made it, or it is the created list of the field. */
type ListName = Assignment | 'created';
interface ListOperation extends FieldOperation {
  readonly type: 'item';
  readonly list: ListName;
  readonly creates: readonly Create[];
  readonly op: 'insert' | 'put' | 'delete' | 'move';
  /** The key of the item that it makes or concerns. */
  readonly item: string;
  readonly value?: Atom;
  readonly location?: Location;
}
type Any = Begin | End | Assignment | Increment | Create | ListOperation;
type OnField = Exclude<Any, Begin | End>;

export class MeshMisfit extends Error {}

export class MeshOracle {
  readonly graph: OracleGraph = new OracleGraph();
  readonly #operations = new Map<string, readonly Any[]>();

  /** Adds an event whose parents are there. @throws MeshMisfit where it does not fit what its author saw (GRAPH-4). */
  add(event: OracleEvent): void {
    const key = keyOf(event.id);
    this.graph.add(event);
    const seen = [...this.graph.past(key)].flatMap((earlier) => this.#operations.get(earlier) ?? []);
    const own: Any[] = [];
    const author = new Author(this.graph, event, seen, own);
    for (const change of event.changes) author.perform(change);
    this.#operations.set(key, own);
  }

  /** State(V) of everything that was added, or of some of it that is closed. */
  state(keys: Iterable<string> = this.graph.keys()): MeshRows {
    return new View(
      this.graph,
      [...keys].flatMap((key) => this.#operations.get(key) ?? []),
    ).rows();
  }
}

/** What a set of operations comes to. */
class View {
  readonly graph: OracleGraph;
  /** In the linear order, and within an event as they stand. */
  readonly operations: readonly Any[];

  constructor(graph: OracleGraph, operations: readonly Any[]) {
    this.graph = graph;
    this.operations = [...operations].sort((a, b) => graph.compare(a.event, b.event) || a.at - b.at);
  }

  rows(): MeshRows {
    const rows = new Map<string, ReadonlyMap<string, Value>>();
    for (const { table, record } of this.operations) {
      const key = `${table}\u0000${record}`;
      if (rows.has(key) || this.lives(table, record).length === 0) continue;
      const fields = new Map<string, Value>();
      for (const field of this.#fieldsOf(table, record)) {
        const value = this.field(table, record, field).value();
        if (value !== undefined) fields.set(field, value);
      }
      rows.set(key, fields);
    }
    return rows;
  }

  /** The fields that anything was done to. */
  #fieldsOf(table: string, record: string): Set<string> {
    const isOfRecord = (one: Any): one is OnField => 'field' in one && one.table === table && one.record === record;
    return new Set(this.operations.filter(isOfRecord).map(({ field }) => field));
  }

  saw(operation: Any, other: Any): boolean {
    if (operation.event === other.event) return operation.at > other.at;
    return this.graph.past(operation.event).has(other.event);
  }

  /** LIFE-2: the lives that stand. */
  lives(table: string, record: string): Begin[] {
    const ended = new Set(this.operations.flatMap((operation) => (operation.type === 'end' ? operation.lives : [])));
    return this.operations.filter(
      (operation): operation is Begin =>
        operation.type === 'begin' && operation.table === table && operation.record === record && !ended.has(operation),
    );
  }

  field(table: string, record: string, field: string): FieldOf {
    return new FieldOf(this, table, record, field);
  }

  /** REG-4: the assignment that stands of those that hold, in linear order. */
  standing<Kind extends OnField>(
    holding: readonly Kind[],
    readValue: ((assignment: Kind) => Value | undefined) | undefined,
  ): Kind | undefined {
    const heads = this.heads(holding);
    const last = heads.at(-1);
    if (last === undefined) return undefined;
    const rule = ruleIn(this.graph.event(last.event), last.table, last.field);
    if (rule === 'local') {
      let atHand = holding[0];
      for (const next of holding) if (atHand !== undefined && this.saw(next, atHand)) atHand = next;
      return atHand;
    }
    if ((rule === 'max' || rule === 'min') && readValue !== undefined) {
      let best = last;
      for (const head of heads.toReversed()) {
        const order = compareInOrder(readValue(head), readValue(best));
        if (rule === 'max' ? order > 0 : order < 0) best = head;
      }
      return best;
    }
    return last;
  }

  /** REG-2. */
  heads<Kind extends OnField>(holding: readonly Kind[]): Kind[] {
    return holding.filter((assignment) => !holding.some((other) => this.saw(other, assignment)));
  }
}

/** One field in a view. */
class FieldOf {
  readonly #view: View;
  /** LIFE-4: what holds, as far as lives decide it. */
  readonly #holding: readonly OnField[];
  /** All operations on the field, whether they hold or not: locations are in the line in any case (LINE-2). */
  readonly #all: readonly OnField[];

  constructor(view: View, table: string, record: string, field: string) {
    this.#view = view;
    const lives = new Set(view.lives(table, record));
    this.#all = view.operations.filter(
      (operation): operation is OnField =>
        'field' in operation && operation.table === table && operation.record === record && operation.field === field,
    );
    this.#holding = this.#all.filter((operation) => operation.lives.some((life) => lives.has(life)));
  }

  /** FIELD-2. */
  roots(): readonly Root[] {
    const assignments = this.#ofType('assign');
    const standing = this.#view.standing(assignments, ({ value }) => value);
    if (standing === undefined) return [NONE];
    if (standing.value !== undefined) return [standing];
    return this.#view.heads(assignments).filter(({ value }) => value === undefined);
  }

  /** FIELD-3: the creates that count. */
  creates(): Create[] {
    const roots = this.roots();
    return this.#ofType('create').filter((create) => create.roots.some((root) => roots.includes(root)));
  }

  /** The list in the field, if it holds one. FIELD-4. */
  list(): ListOf | undefined {
    if (this.#total() !== undefined) return undefined;
    const [root] = this.roots();
    if (root !== undefined && root !== NONE && root.value !== undefined) {
      return isList(root.value) ? this.#listOf(root, root.value) : undefined;
    }
    return this.creates().length > 0 ? this.#listOf('created', []) : undefined;
  }

  /** The created list as it is, even if it is not what the field shows. */
  createdList(): ListOf {
    return this.#listOf('created', []);
  }

  /** FIELD-4. */
  value(): Value | undefined {
    const total = this.#total();
    if (total !== undefined) return total;
    const list = this.list();
    if (list !== undefined) return list.values();
    const [root] = this.roots();
    return root === undefined || root === NONE ? undefined : root.value;
  }

  /** SUM-2. */
  #total(): bigint | number | undefined {
    const roots = this.roots();
    const counting = this.#ofType('increment').filter((one) => one.roots.some((root) => roots.includes(root)));
    if (counting.length === 0) return undefined;
    const [root] = roots;
    let total = root === undefined || root === NONE ? undefined : root.value;
    for (const { value, base } of counting) {
      if (compareInOrder(total, base) === 0) total = value;
      else total = sumOf(base, value, total ?? (typeof value === 'bigint' ? 0n : 0));
    }
    if (typeof total !== 'bigint' && typeof total !== 'number') throw new Error('A total is a number.');
    return total;
  }

  #listOf(list: ListName, base: readonly Atom[]): ListOf {
    const isOn = (operation: OnField): operation is ListOperation =>
      operation.type === 'item' && operation.list === list;
    let holding = this.#holding.filter(isOn);
    if (list === 'created') {
      // FIELD-5.
      const counting = new Set(this.creates());
      holding = holding.filter(({ creates }) => creates.some((create) => counting.has(create)));
    }
    return new ListOf(this.#view, list, base, this.#all.filter(isOn), holding);
  }

  #ofType<Type extends OnField['type']>(type: Type): Extract<OnField, { type: Type }>[] {
    return this.#holding.filter((one): one is Extract<OnField, { type: Type }> => one.type === type);
  }
}

/** One list in a view: its line, and which item stands where. */
class ListOf {
  readonly name: ListName;
  readonly line: readonly string[];
  readonly #items: { readonly item: string; readonly value: Atom }[] = [];

  constructor(
    view: View,
    name: ListName,
    base: readonly Atom[],
    all: readonly ListOperation[],
    holding: readonly ListOperation[],
  ) {
    this.name = name;
    const baseLocations = base.map((_, index) => ({
      key: String(index),
      leftOrigin: index === 0 ? START : String(index - 1),
      rightOrigin: END,
      agent: '',
      isRightMove: false,
    }));
    this.line = drawLine([...baseLocations, ...all.flatMap(({ location }) => location ?? [])]);
    const places = new Map(base.map((_, index) => [String(index), String(index)]));
    const values = new Map(base.map((value, index) => [String(index), value]));
    for (const operation of holding) {
      if (operation.op !== 'insert' || operation.value === undefined || operation.location === undefined) continue;
      places.set(operation.item, operation.location.key);
      values.set(operation.item, operation.value);
    }
    const itemAt = new Map<string, string>();
    for (const [item, home] of places) {
      const on = (op: ListOperation['op']): ListOperation[] =>
        holding.filter((operation) => operation.op === op && operation.item === item);
      if (on('delete').length > 0) continue;
      const put = view.standing(on('put'), ({ value }) => value);
      if (put?.value !== undefined) values.set(item, put.value);
      itemAt.set(view.standing(on('move'), undefined)?.location?.key ?? home, item);
    }
    for (const location of this.line) {
      const item = itemAt.get(location);
      const value = item === undefined ? undefined : values.get(item);
      if (item !== undefined && value !== undefined) this.#items.push({ item, value });
    }
    this.#places = new Map([...itemAt].map(([location, item]) => [item, location]));
  }
  readonly #places: ReadonlyMap<string, string>;

  values(): readonly Atom[] {
    return this.#items.map(({ value }) => value);
  }

  get length(): number {
    return this.#items.length;
  }

  item(index: number): string {
    const found = this.#items[index];
    if (found === undefined) throw new MeshMisfit(`There is no item ${index}.`);
    return found.item;
  }

  /** LINE-2: the origins of a new location before which `index` items stand, once `lifted` was taken out. */
  origins(index: number, lifted?: string): Pick<Location, 'leftOrigin' | 'rightOrigin'> {
    const items = this.#items.filter(({ item }) => item !== lifted);
    if (index > items.length) throw new MeshMisfit(`There is no index ${index}.`);
    const neighbour = items[index - 1]?.item;
    const leftOrigin = neighbour === undefined ? START : (this.#places.get(neighbour) ?? START);
    const rightOrigin = this.line[leftOrigin === START ? 0 : this.line.indexOf(leftOrigin) + 1] ?? END;
    return { leftOrigin, rightOrigin };
  }
}

/** Gives the operations of an event their identities, by what its author saw. */
class Author {
  readonly #graph: OracleGraph;
  readonly #event: OracleEvent;
  readonly #key: string;
  readonly #seen: readonly Any[];
  readonly #own: Any[];

  constructor(graph: OracleGraph, event: OracleEvent, seen: readonly Any[], own: Any[]) {
    this.#graph = graph;
    this.#event = event;
    this.#key = keyOf(event.id);
    this.#seen = seen;
    this.#own = own;
  }

  perform(change: Change): void {
    const { table, record } = change;
    const lives = this.#view().lives(table, record);
    if (change.type === 'insert') {
      if (lives.length > 0) throw new MeshMisfit('An existing record is inserted.');
      const begin: Begin = { ...this.#here(table, record), type: 'begin' };
      this.#own.push(begin);
      for (const [field, value] of change.fields) this.#put(table, record, field, [begin], value);
      return;
    }
    if (lives.length === 0) throw new MeshMisfit('An unknown record is updated or deleted.');
    if (change.type === 'delete') {
      this.#own.push({ ...this.#here(table, record), type: 'end', lives });
      return;
    }
    for (const [field, op] of change.ops) this.#operate(table, record, field, lives, op);
  }

  #operate(table: string, record: string, field: string, lives: readonly Begin[], op: FieldOp): void {
    if (op.type === 'put') {
      this.#put(table, record, field, lives, op.value);
      return;
    }
    if (op.type === 'delete') {
      this.#own.push({ ...this.#here(table, record), type: 'assign', field, lives, value: undefined });
      return;
    }
    if (op.create) {
      const seen = this.#view().field(table, record, field);
      if (seen.value() !== undefined) throw new MeshMisfit('A list is created in a field that is present.');
      this.#own.push({ ...this.#here(table, record), type: 'create', field, lives, roots: seen.roots() });
    }
    if (this.#view().field(table, record, field).list() === undefined) throw new MeshMisfit('There is no list.');
    for (const listOp of op.ops) this.#edit(table, record, field, lives, listOp);
  }

  /** SUM-1, FIELD-1. */
  #put(table: string, record: string, field: string, lives: readonly Begin[], value: Value): void {
    const seen = this.#view().field(table, record, field);
    const base = seen.value();
    const isIncrement =
      isNumber(value) && ruleIn(this.#event, table, field) === 'sum' && (base === undefined || isNumber(base));
    const here = this.#here(table, record);
    if (isIncrement) this.#own.push({ ...here, type: 'increment', field, lives, value, base, roots: seen.roots() });
    else this.#own.push({ ...here, type: 'assign', field, lives, value });
  }

  #edit(table: string, record: string, field: string, lives: readonly Begin[], op: ListOp): void {
    const seen = this.#view().field(table, record, field);
    const list = seen.list();
    if (list === undefined) throw new MeshMisfit('A list operation meets a field that holds no list.');
    const creates = list.name === 'created' ? seen.creates() : [];
    const common = { ...this.#here(table, record), type: 'item', field, lives, list: list.name, creates } as const;
    const key = `${common.event}/${common.at}`;
    if (op.type === 'insert') {
      const location = { key, ...list.origins(op.index), agent: this.#event.id[0], isRightMove: false };
      this.#own.push({ ...common, op: 'insert', item: key, value: op.value, location });
    } else if (op.type === 'move') {
      const item = list.item(op.from);
      if (op.to >= list.length) throw new MeshMisfit('A move leads out of the list.');
      if (op.from === op.to) return;
      const origins = list.origins(op.to, item);
      const location = { key, ...origins, agent: this.#event.id[0], isRightMove: op.to > op.from };
      this.#own.push({ ...common, op: 'move', item, location });
    } else if (op.type === 'put') {
      this.#own.push({ ...common, op: 'put', item: list.item(op.index), value: op.value });
    } else {
      this.#own.push({ ...common, op: 'delete', item: list.item(op.index) });
    }
  }

  #here(table: string, record: string): Operation {
    return { event: this.#key, at: this.#own.length, table, record };
  }

  #view(): View {
    return new View(this.#graph, [...this.#seen, ...this.#own]);
  }
}

function isNumber(value: Value | undefined): value is bigint | number {
  return typeof value === 'bigint' || typeof value === 'number';
}
