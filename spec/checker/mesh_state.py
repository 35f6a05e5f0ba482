"""State(V) of a mesh (LIFE, REG, FIELD, SUM, ITEM), computed from all operations each time."""

from dataclasses import dataclass, field as member

from errors import DatastoreError
from mesh_graph import Graph
from mesh_line import Location, base_locations, draw_line
from operations import Delete, DeleteRecord, InsertRecord, ListDelete, ListInsert, ListMove, ListPut, Put
from order import compare, equal
from rules import add_difference
from values import ABSENT, Long, is_list, is_number

NONE = "none"
CREATED = "created"


@dataclass(eq=False)
class Operation:
    """One operation of an event, with the identities that its author gave it (GRAPH-7)."""

    kind: str  # begin, end, assign, increment, create, insert, put, delete, move
    at: tuple  # its event, and its position there
    place: tuple  # table, record and, if it is on a field, field
    lives: list = member(default_factory=list)  # what it ends or belongs to (LIFE-1, LIFE-3)
    value: object = ABSENT
    base: object = ABSENT  # of an increment (SUM-1)
    roots: list = member(default_factory=list)  # what it stands on (FIELD-3)
    target: object = None  # the put of the list that it is on, or CREATED (FIELD-4)
    creates: list = member(default_factory=list)  # FIELD-5
    item: object = None
    location: object = None


class Mesh:
    """A graph of events and the operations of each."""

    def __init__(self):
        self.graph, self.operations = Graph(), {}

    def add(self, event):
        """Adds an event, or rejects it if it does not fit what its author saw (GRAPH-4)."""
        self.graph.add(event)
        seen = [one for key in self.graph.pasts[event.key] for one in self.operations[key]]
        author = Author(self.graph, event, seen)
        try:
            for change in event.changes:
                author.perform(change)
        except DatastoreError:
            self.graph.remove(event.key)
            raise
        self.operations[event.key] = author.own

    def state(self):
        """The state of everything, as a dictionary of records."""
        return View(self.graph, [one for operations in self.operations.values() for one in operations]).state()


class View:
    """What some operations lead to."""

    def __init__(self, graph, operations):
        self.graph = graph
        self.operations = sorted(operations, key=lambda one: (graph.order(one.at[0]), one.at[1]))

    def state(self):
        """All records whose lives stand (LIFE-2)."""
        state = {}
        for record in {one.place[:2] for one in self.operations if self.lives(one.place[:2])}:
            names = sorted({one.place[2] for one in self.operations if one.place[:2] == record and len(one.place) == 3})
            values = {name: Field(self, (*record, name)).value() for name in names}
            state[record] = {name: value for name, value in values.items() if value is not ABSENT}
        return state

    def lives(self, record):
        """The lives of a record that stand (LIFE-2)."""
        own = [one for one in self.operations if one.place[:2] == record]
        ended = [life for one in own if one.kind == "end" for life in one.lives]
        return [one for one in own if one.kind == "begin" and one not in ended]

    def saw(self, one, other):
        """GRAPH-3."""
        return self.graph.saw(one.at, other.at)

    def heads(self, assignments):
        """REG-2."""
        return [one for one in assignments if not any(self.saw(other, one) for other in assignments)]

    def standing(self, assignments, has_values=True):
        """The assignment that stands, of those that hold in the linear order, or None (REG-3, REG-4)."""
        if not assignments:
            return None
        heads = self.heads(assignments)
        last = heads[-1]
        rule = self.graph.events[last.at[0]].rule(last.place[0], last.place[2])
        if rule == "local":
            current = assignments[0]
            for one in assignments:
                current = one if self.saw(one, current) else current
            return current
        if rule in ("max", "min") and has_values:
            sign = 1 if rule == "max" else -1
            best = last
            for head in reversed(heads):
                best = head if sign * compare(head.value, best.value) > 0 else best
            return best
        return last


class Field:
    """One field in a view."""

    def __init__(self, view, place):
        self.view, self.place = view, place
        self.all = [one for one in view.operations if one.place == place]
        lives = view.lives(place[:2])
        self.holding = [one for one in self.all if any(life in lives for life in one.lives)]  # LIFE-4

    def of_kind(self, kind):
        """The operations of a kind that hold."""
        return [one for one in self.holding if one.kind == kind]

    def roots(self):
        """FIELD-2."""
        assignments = self.of_kind("assign")
        standing = self.view.standing(assignments)
        if standing is None:
            return [NONE]
        if standing.value is not ABSENT:
            return [standing]
        return [head for head in self.view.heads(assignments) if head.value is ABSENT]

    def counting(self, kind):
        """The increments or creates that count (FIELD-3)."""
        roots = self.roots()
        return [one for one in self.of_kind(kind) if any(root in roots for root in one.roots)]

    def root_value(self):
        """What the root puts, if it puts a value."""
        root = self.roots()[0]
        return ABSENT if root == NONE else root.value

    def total(self):
        """SUM-2."""
        total = self.root_value()
        for one in self.counting("increment"):
            if equal(total, one.base):
                total = one.value
            else:
                zero = Long(0) if isinstance(one.value, Long) else 0.0
                total = add_difference(one.base, one.value, zero if total is ABSENT else total)
        return total

    def list(self):
        """The list that the field holds, or None (FIELD-4)."""
        if self.counting("increment"):
            return None
        value = self.root_value()
        if value is not ABSENT:
            return ItemList(self, self.roots()[0], value) if is_list(value) else None
        return ItemList(self, CREATED, ()) if self.counting("create") else None

    def value(self):
        """FIELD-4."""
        if self.counting("increment"):
            return self.total()
        items = self.list()
        return self.root_value() if items is None else items.values()


class ItemList:
    """One list in a view."""

    def __init__(self, field, name, base):
        self.name = name
        on_list = [one for one in field.all if one.target is name]
        holding = [one for one in on_list if one in field.holding]
        if name is CREATED:
            counting = field.counting("create")
            holding = [one for one in holding if any(create in counting for create in one.creates)]  # FIELD-5
        new = [one.location for one in on_list if one.location is not None]  # LINE-2: whether they hold or not
        self.line = draw_line(base_locations(len(base)) + new)
        self.places, self.items = {}, {}
        inserted = [(("base", at), ("base", at), value) for at, value in enumerate(base)]
        inserted += [(one.item, one.location.key, one.value) for one in holding if one.kind == "insert"]  # ITEM-1
        for item, home, value in inserted:
            concerning = [one for one in holding if one.item == item]
            if any(one.kind == "delete" for one in concerning):
                continue  # ITEM-2
            put = field.view.standing([one for one in concerning if one.kind == "put"])
            move = field.view.standing([one for one in concerning if one.kind == "move"], has_values=False)
            self.items[item] = value if put is None else put.value  # ITEM-3
            self.places[item] = home if move is None else move.location.key  # ITEM-4
        self.order = sorted(self.items, key=lambda item: self.line.index(self.places[item]))

    def values(self):
        """The items in the order of the line."""
        return tuple(self.items[item] for item in self.order)

    def item(self, index):
        """The item at an index (LINE-5)."""
        if index >= len(self.order):
            raise DatastoreError("index-out-of-range")
        return self.order[index]

    def location(self, key, index, agent, lifted=None, is_right_move=False):
        """A new location behind `index` items (LINE-2)."""
        items = [item for item in self.order if item != lifted]
        if index > len(items):
            raise DatastoreError("index-out-of-range")
        left = self.places[items[index - 1]] if index else "START"
        behind = self.line.index(left) + 1 if index else 0
        right = self.line[behind] if behind < len(self.line) else "END"
        return Location(key, left, right, agent, is_right_move)


class Author:
    """Gives the operations of an event their identities, by what its author saw (GRAPH-7)."""

    def __init__(self, graph, event, seen):
        self.graph, self.event, self.seen, self.own = graph, event, seen, []

    def view(self):
        """What the author saw, with the operations so far."""
        return View(self.graph, self.seen + self.own)

    def note(self, kind, place, **parts):
        """Adds an operation."""
        self.own.append(Operation(kind, (self.event.key, len(self.own)), place, **parts))

    def perform(self, change):
        """One change (LIFE-1, LIFE-3)."""
        record = (change.table, change.record)
        lives = self.view().lives(record)
        if isinstance(change, InsertRecord):
            if lives:
                raise DatastoreError("record-exists")
            self.note("begin", record)
            life = [self.own[-1]]
            for name in sorted(change.fields):
                self.put((*record, name), life, change.fields[name])
            return
        if not lives:
            raise DatastoreError("record-missing")
        if isinstance(change, DeleteRecord):
            self.note("end", record, lives=lives)
            return
        for name in sorted(change.operations):
            self.operate((*record, name), lives, change.operations[name])

    def operate(self, place, lives, operation):
        """One operation on a field."""
        if isinstance(operation, Put):
            self.put(place, lives, operation.value)
        elif isinstance(operation, Delete):
            self.note("assign", place, lives=lives)
        else:
            self.edit(place, lives, operation)

    def put(self, place, lives, value):
        """An increment or an assignment (SUM-1, FIELD-1)."""
        seen = Field(self.view(), place)
        base = seen.value()
        is_sum = self.event.rule(place[0], place[2]) == "sum"
        if is_sum and is_number(value) and (base is ABSENT or is_number(base)):
            self.note("increment", place, lives=lives, value=value, base=base, roots=seen.roots())
        else:
            self.note("assign", place, lives=lives, value=value)

    def edit(self, place, lives, operation):
        """A create and list operations."""
        if operation.create:
            seen = Field(self.view(), place)
            if seen.value() is not ABSENT:
                raise DatastoreError("field-exists")
            self.note("create", place, lives=lives, roots=seen.roots())
        if Field(self.view(), place).list() is None:
            raise DatastoreError("not-a-list")
        for step in operation.steps:
            self.step(place, lives, step)

    def step(self, place, lives, step):
        """One list operation (LINE-2, ITEM-1)."""
        seen = Field(self.view(), place)
        items = seen.list()
        creates = seen.counting("create") if items.name is CREATED else []
        common = {"lives": lives, "target": items.name, "creates": creates}
        key, agent = (self.event.key, len(self.own)), self.event.agent
        if isinstance(step, ListInsert):
            location = items.location(key, step.index, agent)
            self.note("insert", place, **common, item=key, value=step.value, location=location)
        elif isinstance(step, ListMove):
            item = items.item(step.source)
            items.item(step.target)
            if step.source != step.target:
                is_right = step.target > step.source
                location = items.location(key, step.target, agent, lifted=item, is_right_move=is_right)
                self.note("move", place, **common, item=item, location=location)
        elif isinstance(step, ListPut):
            self.note("put", place, **common, item=items.item(step.index), value=step.value)
        elif isinstance(step, ListDelete):
            self.note("delete", place, **common, item=items.item(step.index))

