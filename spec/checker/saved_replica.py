"""A replica as it is stored (SYNC-34). Messages that were not merged and the undo history are not saved."""

from dataclasses import dataclass

from compression import compose
from replica import Replica
from state import apply
from timeline import Part
from wire_deltas import format_rows, parse_delta, parse_rows
from wire_writing import format_delta


@dataclass(frozen=True)
class SavedReplica:
    """Revision and rows of the base, the pending deltas and the open one without `before`, the attempt in flight, a
    refusal that was not undone yet, and whether a reload is needed. Rules are those of the whole conversation here."""

    rev: int
    rows: list
    pending: list
    open: list
    flight: object
    refusal: object
    needs_reload: bool
    has_lost_log: bool


def save(replica):
    """What is stored of a replica."""
    deltas = [*replica.timeline.pending, replica.timeline.open]
    *pending, open_delta = [write_delta(parts) for parts in deltas]
    return SavedReplica(
        replica.rev,
        format_rows(replica.timeline.base),
        pending,
        open_delta,
        replica.flight,
        replica.refusal,
        replica.needs_reload,
        replica.has_lost_log,
    )


def write_delta(parts):
    """A delta without `before`."""
    return format_delta(compose([part.delta for part in parts]), with_before=False)


def load(saved, rules, next_nonce):
    """The replica that was stored; the deltas are applied to the base again (SYNC-34)."""
    replica = Replica(rules, next_nonce)
    replica.rev, replica.timeline.base = saved.rev, parse_rows(saved.rows)
    state, parts = replica.timeline.base, []
    for delta in [*saved.pending, saved.open]:
        state, applied = apply(state, parse_delta(delta))
        parts.append([Part(applied, "step")])
    *replica.timeline.pending, open_parts = parts
    replica.timeline.open = open_parts if open_parts[0].delta else []
    replica.flight, replica.refusal = saved.flight, saved.refusal
    replica.needs_reload, replica.has_lost_log = saved.needs_reload, saved.has_lost_log
    return replica
