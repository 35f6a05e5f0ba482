"""The delta that leads from one state to another (DIFF-1 to DIFF-3)."""

from compression import compress
from operations import (
    Delete,
    DeleteRecord,
    InsertRecord,
    ListDelete,
    ListEdit,
    ListInsert,
    ListMove,
    ListPut,
    Put,
    UpdateRecord,
)
from order import equal
from values import is_list


def diff(old, new):
    """The difference of two states, in normal form (DIFF-1)."""
    changes = []
    for table, record in set(old) | set(new):
        key = (table, record)
        if key not in new:
            changes.append(DeleteRecord(table, record))
        elif key not in old:
            changes.append(InsertRecord(table, record, new[key]))
        else:
            changes.append(UpdateRecord(table, record, diff_fields(old[key], new[key])))
    return compress(changes)


def diff_fields(old, new):
    """The operations that lead from the fields of a record to others; equal values are left alone (DIFF-1)."""
    operations = {field: Delete() for field in old if field not in new}
    for field, value in new.items():
        if field in old and is_list(old[field]) and is_list(value):
            operations[field] = ListEdit(False, diff_lists(old[field], value))
        elif field not in old or not equal(old[field], value):
            operations[field] = Put(value)
    return operations


def diff_lists(old, new):
    """Puts, then deletes, then moves and inserts from left to right (DIFF-2, DIFF-3). `target` says for every item of
    the new list which item of the old one it is: one that stays, was moved or was put over; or None."""
    stays = longest_common(old, new)
    moved = moved_items(old, new, stays)
    put = items_put_over(old, new, stays, moved)
    target = [stays.get(index, moved.get(index, put.get(index))) for index in range(len(new))]
    current = list(range(len(old)))
    steps = [ListPut(put[index], new[index]) for index in sorted(put)]
    for item in sorted(set(current) - set(target), reverse=True):
        steps.append(ListDelete(item))
        current.remove(item)
    before = None
    for index, item in enumerate(target):
        if index in moved or item is None:
            source = current.index(item) if index in moved else None
            item = ("new", index) if item is None else current.pop(source)
            place = 0 if before is None else current.index(before) + 1
            current.insert(place, item)
            if source is None:
                steps.append(ListInsert(place, new[index]))
            elif source != place:
                steps.append(ListMove(source, place))
        before = item
    return tuple(steps)


def longest_common(old, new):
    """A longest set of items that keep their order, by their indexes in the new list (DIFF-3)."""
    lengths = [[0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for left in reversed(range(len(old))):
        for right in reversed(range(len(new))):
            if equal(old[left], new[right]):
                lengths[left][right] = lengths[left + 1][right + 1] + 1
            else:
                lengths[left][right] = max(lengths[left + 1][right], lengths[left][right + 1])
    left, right, common = 0, 0, {}
    while left < len(old) and right < len(new):
        if equal(old[left], new[right]):
            common[right] = left
            left, right = left + 1, right + 1
        elif lengths[left + 1][right] >= lengths[left][right + 1]:
            left += 1
        else:
            right += 1
    return common


def moved_items(old, new, stays):
    """Items that disappeared at one place and appeared at another, if no other equal item did (DIFF-3)."""
    left = [index for index in range(len(old)) if index not in stays.values()]
    appeared = [index for index in range(len(new)) if index not in stays]
    moved = {}
    for index in appeared:
        equals = [item for item in left if equal(old[item], new[index])]
        rivals = [other for other in appeared if equal(new[other], new[index])]
        if len(equals) == len(rivals) == 1:
            moved[index] = equals[0]
    return moved


def items_put_over(old, new, stays, moved):
    """Pairs items that disappeared and appeared between the same two items that stayed, in order (DIFF-3)."""
    put = {}
    borders = [(-1, -1), *sorted(stays.items()), (len(new), len(old))]
    for (new_start, old_start), (new_end, old_end) in zip(borders, borders[1:]):
        gone = [item for item in range(old_start + 1, old_end) if item not in moved.values()]
        come = [index for index in range(new_start + 1, new_end) if index not in moved]
        put.update(zip(come, gone))
    return put
