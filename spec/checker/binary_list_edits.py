"""Runs of list operations (BIN-15, BIN-16)."""

from binary_numbers import write_signed
from binary_refusal import require
from binary_runs import GREATEST_UNPAID, read_run, write_run
from list_editing import GREATEST_INDEX
from operations import ListDelete, ListInsert, ListMove, ListPut

INSERT, PUT, DELETE, BACKSPACE, MOVE = range(5)
UNPAID = (DELETE, BACKSPACE)
KINDS = {ListInsert: INSERT, ListPut: PUT, ListDelete: DELETE, ListMove: MOVE}
STRIDE = {INSERT: 1, PUT: 1, DELETE: 0, BACKSPACE: -1}
"""The index of each operation of a run minus that of the one before."""


def start_of(step):
    """The index of an operation; of a move, `from`."""
    return step.source if isinstance(step, ListMove) else step.index


def cursor_after(step):
    """The cursor after an operation (BIN-15)."""
    if isinstance(step, ListMove):
        return step.target
    return step.index + (0 if isinstance(step, ListDelete) else 1)


def cut_into_runs(steps):
    """Pairs of a kind and its operations, cut from first to last (BIN-16)."""
    runs = []
    for step in steps:
        kind = joined_kind(*runs[-1], step) if runs else None
        if kind is None:
            runs.append((KINDS[type(step)], [step]))
        else:
            runs[-1] = (kind, [*runs[-1][1], step])
    return runs


def joined_kind(kind, steps, step):
    """The kind of a run with one more operation, or None if that does not belong to it (BIN-16)."""
    if kind == MOVE or type(step) is not type(steps[-1]) or (kind in UNPAID and len(steps) == GREATEST_UNPAID):
        return None
    distance = step.index - steps[-1].index
    if kind == DELETE and len(steps) == 1 and distance == STRIDE[BACKSPACE]:
        return BACKSPACE
    return kind if distance == STRIDE[kind] else None


def write_list_edit(steps):
    """The part of the column `listEdits` for one edit (BIN-15)."""
    octets, cursor = b"", 0
    for kind, run in cut_into_runs(steps):
        octets += write_run(kind, len(run)) + write_signed(start_of(run[0]) - cursor)
        if kind == MOVE:
            octets += write_signed(run[0].target - run[0].source)
        cursor = cursor_after(run[-1])
    return octets


def read_list_edit(reader, count, values, before_item):
    """This number of operations: runs of the column, the values of inserts and puts, and what was overwritten (BIN-15,
    BIN-20)."""
    steps, cursor = [], 0
    while len(steps) < count:
        kind, length = read_run(reader, UNPAID)
        require(kind <= MOVE and length <= count - len(steps) and (kind != MOVE or length == 1))
        index = cursor + reader.signed()
        for place in range(length):
            if kind == MOVE:
                step = ListMove(check(index), check(index + reader.signed()))
            else:
                step = make_step(kind, check(index + place * STRIDE[kind]), values, before_item)
            steps.append(step)
        cursor = cursor_after(steps[-1])
    return tuple(steps)


def make_step(kind, index, values, before_item):
    """An operation at an index, with its value and what it overwrote."""
    if kind == INSERT:
        return ListInsert(index, values.atom())
    if kind == PUT:
        return ListPut(index, values.atom(), before_item())
    return ListDelete(index, before_item())


def check(index):
    """An index from 0 to 2^29 - 1 (BIN-16)."""
    require(0 <= index <= GREATEST_INDEX)
    return index
