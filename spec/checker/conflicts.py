"""Conflict reports (CON-1, CON-2), and how the vectors write them."""

from dataclasses import dataclass, replace

from list_editing import perform_steps
from errors import DatastoreError
from operations import Delete, Put
from order import equal
from values import ABSENT, UNKNOWN, is_list
from wire_values import format_fields, format_value
from wire_writing import format_operation


@dataclass(frozen=True, eq=False)
class Lost:
    """An edit that has no effect: its side, the field, and the operation (CON-2)."""

    side: str
    operation: object
    field: str | None = None


@dataclass(frozen=True, eq=False)
class Conflict:
    """CON-2. `rule` is the name of a rule or one of the decisions that no rule changes."""

    rule: str
    base: object
    local: object
    remote: object
    result: object
    lost: tuple
    field: str | None = None
    index: int | None = None

    def in_field(self, field):
        """The same conflict, about this field."""
        return replace(self, field=field, lost=tuple(replace(lost, field=field) for lost in self.lost))

    def as_json(self, table, record):
        """The form of the vectors. Unknown parts of the place are omitted."""
        place = {"table": table, "record": record, "field": self.field, "index": self.index}
        return {
            **{part: name for part, name in place.items() if name is not None},
            "rule": self.rule,
            **{part: format_subject(getattr(self, part)) for part in ("base", "local", "remote", "result")},
            "lost": [
                {"side": lost.side, "field": lost.field, "ops": format_operation(lost.operation)} for lost in self.lost
            ],
        }


def format_subject(subject):
    """A value, the fields of a record, or null for absent, deleted or unknown (CON-2)."""
    if subject is ABSENT or subject is UNKNOWN:
        return None
    return format_fields(subject) if isinstance(subject, dict) else format_value(subject)


def put_or_delete(value, before):
    """The operation that leaves a value, or absence."""
    return Delete(before) if value is ABSENT else Put(value, before)


def collision_conflicts(rule, base, local, remote, settlement):
    """One conflict for a collision that a rule decided, unless local, remote and result are all equal (CON-4)."""
    result = settlement.value
    if equal(local, remote) and equal(remote, result):
        return []
    lost = ()
    if rule == "sum" and settlement.winner == "new value":
        lost = ()
    elif equal(result, remote):
        lost = (Lost("local", put_or_delete(local, base)),)
    elif equal(result, local):
        lost = (Lost("remote", put_or_delete(remote, base)),)
    return [Conflict(rule, base, local, remote, result, lost)]


def overwritten_list_conflict(winner, value, base, loser_edit):
    """A put or delete against list operations (CON-5). `value` is the winner's, `base` the winner's `before`."""
    edited = edited_list(base, loser_edit)
    loser = "remote" if winner == "local" else "local"
    sides = {winner: value, loser: edited}
    rule = "delete-wins" if value is ABSENT else "put-wins"
    return Conflict(rule, base, sides["local"], sides["remote"], value, (Lost(loser, loser_edit),))


def edited_list(base, edit):
    """The list operations performed on a base, on an empty list if they create one; or unknown (CON-5)."""
    items = () if edit.create else base
    if not is_list(items):
        return UNKNOWN
    try:
        return perform_steps(items, edit.steps)
    except DatastoreError:
        return UNKNOWN
