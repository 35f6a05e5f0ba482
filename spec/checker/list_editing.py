"""Performing, undoing and inverting list operations on a list of known items (CHG-3, NORM-9, INV-2)."""

from errors import DatastoreError
from operations import ListDelete, ListInsert, ListMove, ListPut, steps_are_known
from values import UNKNOWN

GREATEST_INDEX = 2**29 - 1


def check_index(index, end):
    """An index from 0 and below `end`, and never above 2^29 - 1 (CHG-3)."""
    if not 0 <= index < end or index > GREATEST_INDEX:
        raise DatastoreError("index-out-of-range", index=index)


def perform_step(items, step):
    """The items after one list operation (CHG-3)."""
    items = list(items)
    if isinstance(step, ListInsert):
        check_index(step.index, len(items) + 1)
        items.insert(step.index, step.value)
    elif isinstance(step, ListPut):
        check_index(step.index, len(items))
        items[step.index] = step.value
    elif isinstance(step, ListDelete):
        check_index(step.index, len(items))
        del items[step.index]
    else:
        check_index(step.source, len(items))
        check_index(step.target, len(items))
        items.insert(step.target, items.pop(step.source))
    return tuple(items)


def perform_steps(items, steps):
    """The items after several list operations, from left to right."""
    for step in steps:
        items = perform_step(items, step)
    return items


def apply_steps(items, steps):
    """The items after the operations, and the operations with what each overwrote (CHG-5)."""
    applied = []
    for step in steps:
        after = perform_step(items, step)
        if isinstance(step, ListPut):
            step = ListPut(step.index, step.value, items[step.index])
        elif isinstance(step, ListDelete):
            step = ListDelete(step.index, items[step.index])
        applied.append(step)
        items = after
    return items, tuple(applied)


def invert_step(step):
    """The list operation that undoes another, saying that it overwrites what that one wrote (INV-2, INV-3)."""
    if isinstance(step, ListInsert):
        return ListDelete(step.index, step.value)
    if isinstance(step, ListMove):
        return ListMove(step.target, step.source)
    if step.before is UNKNOWN:
        raise DatastoreError("before-missing", index=step.index)
    if isinstance(step, ListDelete):
        return ListInsert(step.index, step.before)
    return ListPut(step.index, step.before, step.value)


def invert_steps(steps):
    """The inverses of list operations, in reverse order (INV-2)."""
    return tuple(invert_step(step) for step in reversed(steps))


def undo_steps(items, steps):
    """The items with list operations undone on them, in reverse; unknown if one does not say what it overwrote, or if
    they cannot have led to these items (NORM-9)."""
    if not steps_are_known(steps):
        return UNKNOWN
    try:
        return perform_steps(items, invert_steps(steps))
    except DatastoreError:
        return UNKNOWN
