"""The items of lists that a replica inserted itself, and which of its inserts are appends (SYNC-56, and the member `own`
of SYNC-34)."""

from compression import compress
from list_editing import GREATEST_INDEX
from messages import is_whole, require_json
from operations import InsertRecord, ListDelete, ListEdit, ListInsert, ListMove, Put, UpdateRecord
from values import is_list
from wire_deltas import check_name, names_of

RUNS_OF_A_LIST = 16
LISTS = 256


class OwnItems:
    """For each list, by table, record and field, its runs [start, end]: the list that was edited last and the run that
    grew last at the end."""

    def __init__(self, lists=()):
        self.lists = {place: [list(run) for run in runs] for place, runs in dict(lists).items()}

    def of(self, *place):
        """The indexes of the own items of a list."""
        return {index for start, end in self.lists.get(place, ()) for index in range(start, end)}

    def after(self, deltas):
        """What is own after several deltas of the replica."""
        copy = OwnItems(self.lists)
        for delta in deltas:
            copy.follow(delta, is_mine=True)
        return copy

    def follow(self, delta, is_mine):
        """Follows a change of the base, by the replica or by somebody else."""
        for change in compress(delta):
            head = (change.table, change.record)
            if isinstance(change, UpdateRecord):
                for field, operation in change.operations.items():
                    self.follow_operation((*head, field), operation, is_mine)
                continue
            for place in [place for place in self.lists if place[:2] == head]:
                del self.lists[place]
            if is_mine and isinstance(change, InsertRecord):
                for field in sorted(change.fields):
                    self.own_whole((*head, field), change.fields[field])

    def follow_operation(self, place, operation, is_mine):
        """An operation on a field."""
        if isinstance(operation, ListEdit):
            runs = self.lists.get(place, [])
            for step in operation.steps:
                runs = runs_after(runs, step, is_mine)[-RUNS_OF_A_LIST:]
            self.keep(place, runs)
            return
        self.lists.pop(place, None)
        if is_mine and isinstance(operation, Put):
            self.own_whole(place, operation.value)

    def own_whole(self, place, value):
        """A list that the replica put, or inserted with a record."""
        self.keep(place, [[0, len(value)]] if is_list(value) and value else [])

    def keep(self, place, runs):
        """Keeps the runs of a list that was edited last, and forgets the lists beyond those that it keeps."""
        self.lists.pop(place, None)
        if runs:
            self.lists[place] = runs
            self.lists = dict(list(self.lists.items())[-LISTS:])


def runs_after(runs, step, is_mine):
    """The runs after a list operation."""
    if isinstance(step, ListInsert):
        return with_own(runs, step.index) if is_mine else with_other(runs, step.index)
    if isinstance(step, ListDelete):
        return without(runs, step.index)
    if not isinstance(step, ListMove) or step.source == step.target:
        return runs
    is_own = any(start <= step.source < end for start, end in runs)
    return (with_own if is_own else with_other)(without(runs, step.source), step.target)


def with_own(runs, index):
    """After the insertion of an own item: it joins a run that it touches, the earliest, or begins a new one."""
    joined = next((run for run in runs if run[0] <= index <= run[1]), None)
    others = [shifted(run, index) for run in runs if run is not joined]
    return [*others, [index, index + 1] if joined is None else [joined[0], joined[1] + 1]]


def with_other(runs, index):
    """After the insertion of an item that is not own: inside of a run it splits it."""
    after = []
    for start, end in runs:
        if start < index < end:
            after += [[start, index], [index + 1, end + 1]]
        else:
            after.append(shifted([start, end], index))
    return after


def shifted(run, index):
    """A run that an item was inserted before, or behind."""
    return [run[0] + 1, run[1] + 1] if index <= run[0] else list(run)


def without(runs, index):
    """After a deletion. Empty runs vanish."""
    moved = [[start - (index < start), end - (index < end)] for start, end in runs]
    return [run for run in moved if run[0] < run[1]]


def saved_own(own, deltas):
    """The member `own` of a saved replica, or None if it says nothing (SYNC-34)."""
    lists = [[*place, [list(run) for run in runs]] for place, runs in own.lists.items()]
    appends = [
        [number, change.table, change.record, field, positions]
        for number, delta in enumerate(deltas)
        for change in compress(delta)
        if isinstance(change, UpdateRecord)
        for field, operation in sorted(change.operations.items())
        if isinstance(operation, ListEdit) and (positions := append_positions(operation.steps))
    ]
    return [lists, appends] if lists or appends else None


def append_positions(steps):
    """The positions of appends among list operations."""
    return [position for position, step in enumerate(steps) if isinstance(step, ListInsert) and step.is_append]


def loaded_own(own):
    """The own items of a saved replica."""
    return OwnItems() if own is None else OwnItems((tuple(place), runs) for *place, runs in whole_numbers(own[0]))


def with_appends(deltas, own):
    """The saved deltas, in normal form, with the inserts marked that are appends. Rejects anything else (SYNC-34)."""
    for number, table, record, field, positions in [] if own is None else whole_numbers(own[1]):
        require_json(number < len(deltas))
        updates = [
            change
            for change in deltas[number]
            if isinstance(change, UpdateRecord) and (change.table, change.record) == (table, record)
        ]
        edit = updates[0].operations.get(field) if updates else None
        require_json(isinstance(edit, ListEdit) and positions[-1] < len(edit.steps))
        steps = list(edit.steps)
        for position in positions:
            require_json(isinstance(steps[position], ListInsert))
            steps[position] = ListInsert(steps[position].index, steps[position].value, is_append=True)
        marked = {**updates[0].operations, field: ListEdit(edit.create, tuple(steps))}
        deltas[number] = [UpdateRecord(table, record, marked) if one is updates[0] else one for one in deltas[number]]
    return deltas


def whole_numbers(json):
    """JSON whose numbers are whole, with integers in place of doubles."""
    if isinstance(json, list):
        return [whole_numbers(part) for part in json]
    return int(json) if isinstance(json, float) else json


def check_own(own):
    """Rejects a member `own` that a replica does not save (SYNC-34)."""
    require_json(isinstance(own, list) and len(own) == 2 and all(isinstance(part, list) for part in own))
    lists, appends = own
    require_json(bool(lists or appends) and len(lists) <= LISTS)
    for entry in lists:
        require_json(isinstance(entry, list) and len(entry) == 4)
        check_place(entry[:3])
        check_runs(entry[3])
    require_json(are_different([entry[:3] for entry in lists]))
    for entry in appends:
        require_json(isinstance(entry, list) and len(entry) == 5 and is_index(entry[0]))
        check_place(entry[1:4])
        require_json(isinstance(entry[4], list) and bool(entry[4]) and all(map(is_index, entry[4])))
        require_json(is_ascending(entry[4]))
    require_json(is_ascending([entry[:4] for entry in appends]))


def is_index(number):
    """A whole number from 0 to 2^29 - 1 (CHG-3)."""
    return is_whole(number) and number <= GREATEST_INDEX


def check_place(place):
    """Table, record and field are names."""
    table, record, field = place
    with names_of(table, record):
        check_name("field", field)


def check_runs(runs):
    """From 1 to 16 runs, none empty, that do not overlap."""
    require_json(isinstance(runs, list) and 0 < len(runs) <= RUNS_OF_A_LIST)
    for run in runs:
        require_json(isinstance(run, list) and len(run) == 2 and all(map(is_index, run)) and run[0] < run[1])
    ordered = sorted(runs)
    require_json(all(left[1] <= right[0] for left, right in zip(ordered, ordered[1:])))


def are_different(parts):
    """Whether no two are equal."""
    return len({tuple(part) for part in parts}) == len(parts)


def is_ascending(parts):
    """Whether each is above the one before it."""
    return all(left < right for left, right in zip(parts, parts[1:]))
