"""What decides a collision of two values (RULE-1 to RULE-6), also after a refusal (SYNC-28)."""

from dataclasses import dataclass

from errors import DatastoreError
from order import compare
from values import ABSENT, UNKNOWN, Long, as_double, is_number


DIFFERENCE = "difference"
"""Replaces rule sum where a later edit meets the undoing of a refused one (SYNC-28)."""


@dataclass(frozen=True, eq=False)
class Settlement:
    """Who wins a collision (`local`, `remote`, `new value`, or `neither` where both are absent), and what is left."""

    winner: str
    value: object


def rules_by_field(rules):
    """Rules in the form that merges use: a function of table, record and field, here from an object by table and field.
    The rule is `remote` unless another was set (RULE-1)."""
    return lambda table, record, field: rules.get(table, {}).get(field, "remote")


def settle(rule, base, local, remote):
    """Asks a rule about a collision (RULE-1); if both sides delete the field there is none (MERGE-8)."""
    if local is ABSENT and remote is ABSENT:
        return Settlement("neither", ABSENT)
    if rule == "sum":
        return settle_sum(base, local, remote)
    if rule == DIFFERENCE:
        return Settlement("new value", keep_difference(base, local, remote))
    return Settlement(*(("local", local) if local_wins(rule, local, remote) else ("remote", remote)))


def local_wins(rule, local, remote):
    """Whether local's value wins under a rule that depends on the two values only; `sum` acts as `remote` here, as it
    does for list items (RULE-2 to RULE-5, LIST-6)."""
    if rule == "max":
        return compare(local, remote) >= 0  # RULE-4: absent is lowest, and local wins a tie
    if rule == "min":
        return compare(local, remote) <= 0  # RULE-5
    return rule == "local"  # RULE-3, and RULE-2


def settle_sum(base, local, remote):
    """RULE-6."""
    if local is ABSENT:
        return Settlement("remote", remote)
    if base is UNKNOWN:
        raise DatastoreError("before-missing")
    if not (is_number(local) and is_number(remote) and (base is ABSENT or is_number(base))):
        return Settlement("remote", remote)
    return Settlement("new value", add_difference(base, local, remote))


def keep_difference(base, local, remote):
    """What a later edit leaves under rule sum when the edit before it was refused: its difference, where a missing
    number counts as 0 of the type of local's (SYNC-28)."""
    if not is_number(local) or not all(value is ABSENT or is_number(value) for value in (base, remote)):
        return local
    zero = Long(0) if isinstance(local, Long) else 0.0
    return add_difference(base, local, zero if remote is ABSENT else remote)


def add_difference(base, local, remote):
    """remote + (local - base), where an absent base counts as 0: a long modulo 2^64, or doubles (RULE-6)."""
    if isinstance(local, Long) and isinstance(remote, Long) and (base is ABSENT or isinstance(base, Long)):
        total = remote.number + (local.number - (0 if base is ABSENT else base.number))
        return Long((total + 2**63) % 2**64 - 2**63)
    difference = as_double(local) - (0.0 if base is ABSENT else as_double(base))
    return as_double(remote) + difference
