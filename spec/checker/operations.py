"""Changes, operations on fields, and operations on lists (CHG-1 to CHG-3), each with what it overwrote (CHG-5)."""

from dataclasses import dataclass, field

from values import UNKNOWN


@dataclass(frozen=True, eq=False)
class ListPut:
    """`put i v`: replaces the item at an index (CHG-3)."""

    index: int
    value: object
    before: object = UNKNOWN


@dataclass(frozen=True, eq=False)
class ListInsert:
    """`insert i v`: makes a value the item at an index (CHG-3). An append was meant as "at the end"."""

    index: int
    value: object
    is_append: bool = False


@dataclass(frozen=True, eq=False)
class ListDelete:
    """`delete i`: removes the item at an index (CHG-3)."""

    index: int
    before: object = UNKNOWN


@dataclass(frozen=True, eq=False)
class ListMove:
    """`move from to`: takes out an item and inserts it so that it ends at another index (CHG-3)."""

    source: int
    target: int


@dataclass(frozen=True, eq=False)
class Put:
    """Gives a field a value (CHG-2)."""

    value: object
    before: object = UNKNOWN


@dataclass(frozen=True, eq=False)
class Delete:
    """Makes a field absent (CHG-2)."""

    before: object = UNKNOWN


@dataclass(frozen=True, eq=False)
class ListEdit:
    """Edits a list, and creates it first with `create` (CHG-2). The steps are list operations (CHG-3)."""

    create: bool
    steps: tuple


@dataclass(frozen=True, eq=False)
class InsertRecord:
    """Makes a record with given fields (CHG-1)."""

    table: str
    record: str
    fields: dict = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class UpdateRecord:
    """Performs operations on fields of a record, at most one on each (CHG-1)."""

    table: str
    record: str
    operations: dict = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class DeleteRecord:
    """Removes a record (CHG-1); `before` holds its fields (CHG-5)."""

    table: str
    record: str
    before: object = UNKNOWN


def steps_are_known(steps):
    """Whether all list operations say what they overwrote; inserts and moves overwrite nothing (CHG-5)."""
    return all(step.before is not UNKNOWN for step in steps if isinstance(step, (ListPut, ListDelete)))


def is_known(operation):
    """Whether an operation on a field says what it overwrote (CHG-5)."""
    if isinstance(operation, ListEdit):
        return steps_are_known(operation.steps)
    return operation.before is not UNKNOWN


def without_before(operation):
    """The operation, saying nothing about what it overwrote, as in remote' (MERGE-2), and of no append (CHG-3)."""
    if isinstance(operation, Put):
        return Put(operation.value)
    if isinstance(operation, Delete):
        return Delete()
    return ListEdit(operation.create, tuple(map(step_without_before, operation.steps)))


def step_without_before(step):
    """The list operation, saying nothing about what it overwrote, and of no append (LIST-9)."""
    if isinstance(step, ListPut):
        return ListPut(step.index, step.value)
    if isinstance(step, ListDelete):
        return ListDelete(step.index)
    if isinstance(step, ListInsert):
        return ListInsert(step.index, step.value)
    return step
