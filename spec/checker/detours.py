"""Two applied deltas as one, without detours (SYNC-63)."""

from compression import compose
from list_editing import perform_steps
from operations import Delete, DeleteRecord, ListDelete, ListEdit, ListInsert, ListMove, ListPut, Put, UpdateRecord
from order import equal
from sizes import size_of_delta
from values import ABSENT
from wire_writing import format_delta, format_operation

GREATEST_SIZE = 256 * 1024


def straight(first, second):
    """Both deltas composed, without the detours that are not in the first alone, unless they are too large."""
    both = compose([first, second])
    if is_too_large(first, second):
        return both
    done = by_place(first)
    left = []
    for place, changes in by_place(both).items():
        if isinstance(changes[0], DeleteRecord) and len(changes) > 1:
            changes = [UpdateRecord(*place, differences(changes[0].before, inserted_fields(changes[1:])))]
        elif is_update(changes):
            before = done[place][0].operations if place in done and is_update(done[place]) else {}
            changes = [UpdateRecord(*place, straight_operations(before, changes[0].operations))]
        left += changes
    return compose([left])


def is_too_large(first, second):
    """Whether both are over 256 KiB together."""
    return size_of_delta(first) + size_of_delta(second) > GREATEST_SIZE


def within(delta, others):
    """What a delta does to records that one of others edits and, where all only update one, to fields that they edit."""
    left = []
    for place, changes in by_place(delta).items():
        theirs = [by_place(other)[place] for other in others if place in by_place(other)]
        if theirs and is_update(changes) and all(map(is_update, theirs)):
            names = {name for update in theirs for name in update[0].operations}
            operations = {name: op for name, op in changes[0].operations.items() if name in names}
            changes = [UpdateRecord(*place, operations)]
        left += changes if theirs else []
    return compose([left])


def unlike(delta, other, change):
    """What a delta does in places that a change edits, and in others where another delta does not do the same."""
    others, edited, left = by_place(other), by_place(change), []
    for place, changes in by_place(delta).items():
        same, met = others.get(place), edited.get(place)
        if is_update(changes) and same and is_update(same) and (not met or is_update(met)):
            names = met[0].operations if met else {}
            theirs = same[0].operations
            operations = {
                name: operation
                for name, operation in changes[0].operations.items()
                if name in names or name not in theirs or format_operation(operation) != format_operation(theirs[name])
            }
            left.append(UpdateRecord(*place, operations))
        elif met or not same or format_delta(changes) != format_delta(same):
            left += changes
    return compose([left])


def is_update(changes):
    """Whether the changes of one record only update it."""
    return isinstance(changes[0], UpdateRecord)


def by_place(normal_form):
    """The changes of each record."""
    places = {}
    for change in normal_form:
        places.setdefault((change.table, change.record), []).append(change)
    return places


def inserted_fields(changes):
    """The fields that an insert and the update behind it lead to."""
    fields = dict(changes[0].fields)
    for change in changes[1:]:
        for name, operation in change.operations.items():
            if isinstance(operation, ListEdit):
                fields[name] = perform_steps((), operation.steps)
    return fields


def differences(before, after):
    """The puts and deletes of the fields that differ."""
    operations = {}
    for name in sorted({*before, *after}):
        was, now = before.get(name, ABSENT), after.get(name, ABSENT)
        if not equal(was, now):
            operations[name] = Delete(was) if now is ABSENT else Put(now, was)
    return operations


def straight_operations(before, operations):
    """Operations on fields without detours; of list operations, those that come from `before` have none."""
    left = {}
    for name, operation in operations.items():
        if isinstance(operation, ListEdit):
            steps = before[name].steps if isinstance(before.get(name), ListEdit) else ()
            for step in operation.steps[len(steps) :]:
                steps = with_step(list(steps), step)
            left[name] = ListEdit(operation.create, tuple(steps))
        elif not equal(operation.before, operation.value if isinstance(operation, Put) else ABSENT):
            left[name] = operation
    return left


def with_step(steps, step):
    """List operations and one more."""
    if isinstance(step, ListInsert):
        return with_insert(steps, step)
    if isinstance(step, ListMove):
        return steps if step.source == step.target else [*steps, step]
    writer = writer_of(steps, step.index)
    written = steps[writer] if writer is not None else None
    if isinstance(step, ListDelete):
        if not isinstance(written, ListInsert):
            return [*steps, step]
        return steps[:writer] + shifted(steps[writer + 1 :], written.index, -1)[0]
    if written is None:
        return [*steps, step]
    earlier, later = steps[:writer], steps[writer + 1 :]
    if isinstance(written, ListInsert):
        return [*with_insert(earlier, ListInsert(written.index, step.value)), *later]
    if equal(step.value, written.before):
        return [*earlier, *later]
    return [*earlier, ListPut(written.index, step.value, written.before), *later]


def with_insert(steps, insert):
    """List operations and an insert, which may put back an item that they deleted."""
    at = deletion_in_gap(steps, insert)
    if at is None:
        return [*steps, insert]
    later, index = shifted(steps[at + 1 :], steps[at].index, 1)
    return steps[:at] + later + ([] if index == insert.index else [ListMove(index, insert.index)])


def writer_of(steps, index):
    """The position of the insert or last put of the item that is at an index after the operations, or None."""
    for at in range(len(steps) - 1, -1, -1):
        step = steps[at]
        if isinstance(step, ListMove):
            if index == step.target:
                index = step.source
                continue
            index -= step.target < index
            index += step.source <= index
        elif isinstance(step, ListDelete):
            index += step.index <= index
        elif step.index == index:
            return at
        elif isinstance(step, ListInsert):
            index -= step.index < index
    return None


def deletion_in_gap(steps, insert):
    """The position of the latest deletion of an equal item from the gap that an insert after them is in, or None. The
    gap is between the indexes `first` and `last`, of which those between are deleted later."""
    first = last = insert.index
    for at in range(len(steps) - 1, -1, -1):
        step = steps[at]
        if isinstance(step, ListDelete) and first <= step.index <= last and equal(step.before, insert.value):
            return at
        come = step.index if isinstance(step, ListInsert) else step.target if isinstance(step, ListMove) else None
        gone = step.index if isinstance(step, ListDelete) else step.source if isinstance(step, ListMove) else None
        if come is not None:
            first, last = first - (come < first), last - (come < last)
        if gone is not None:
            first, last = first + (gone < first), last + (gone <= last)
    return None


def shifted(steps, index, by):
    """List operations with one more item at an index (by = 1), or without the one that is there (by = -1), and the
    index of that item after them. What is inserted where it is comes before it."""
    left = []
    for step in steps:
        if isinstance(step, ListInsert):
            is_before = step.index <= index
            left.append(ListInsert(step.index + (0 if is_before else by), step.value))
            index += is_before
        elif isinstance(step, ListMove):
            if by < 0 and step.source == index:
                index = step.target
                continue
            source = step.source + (0 if step.source < index else by)
            index -= step.source < index
            is_before = step.target <= index
            target = step.target + (0 if is_before else by)
            left += [ListMove(source, target)] if source != target else []
            index += is_before
        elif isinstance(step, ListPut):
            if by > 0 or step.index != index:
                left.append(ListPut(step.index + (0 if step.index < index else by), step.value, step.before))
        else:
            left.append(ListDelete(step.index + (0 if step.index < index else by), step.before))
            index -= step.index < index
    return left, index
