"""A replica as it is stored (SYNC-34, SYNC-36, SYNC-52). Messages that were not merged and the undo history are not
saved."""

from errors import DatastoreError
from exchange import as_it_travels
from pending_rules import PendingRules
from replica import Replica
from state import apply
from timeline import LocalDelta, Part
from wire_deltas import format_rows, parse_delta, parse_rows


def save(replica, extent="all"):
    """What is stored of a replica: all edits, the `sealed` ones, or those that are to be `kept`."""
    exchange, timeline = replica.exchange, replica.timeline
    kept = [delta for delta in timeline.pending if extent != "kept" or not delta.is_provisional]
    is_flight_kept = kept[:1] == timeline.pending[:1]
    flight = exchange.flight if is_flight_kept else None
    opened = timeline.open if extent == "all" else LocalDelta()
    return {
        "format": 1,
        "rev": exchange.rev,
        "rows": format_rows(timeline.base),
        "pending": [as_it_travels(delta) for delta in kept],
        "nonce": None if flight is None else flight.nonce,
        "refusal": exchange.refusal if is_flight_kept else None,
        "open": as_it_travels(opened),
        "rules": replica.pending_rules.saved([delta.whole() for delta in [*kept, opened]]),
        "needsReload": exchange.needs_reload,
        "isLogLost": exchange.has_lost_log,
    }


def load(saved, rules, next_nonce, limits=None, undo_depth=None):
    """The replica that was stored; the deltas are applied to the base again (SYNC-34)."""
    if saved["nonce"] is not None and not saved["pending"]:
        raise DatastoreError("invalid-json")
    for table, record, field, rule in saved["rules"]:
        if rule == "function":  # SYNC-36: no rule is a function here
            raise DatastoreError("rule-missing", table=table, record=record, field=field)
    replica = Replica(rules, next_nonce, limits, undo_depth)
    exchange, timeline = replica.exchange, replica.timeline
    state = timeline.base = parse_rows(saved["rows"])
    for wire in saved["pending"]:
        state, part = restored(state, wire)
        timeline.pending.append(LocalDelta([part]))
    _, part = restored(state, saved["open"])
    timeline.open = LocalDelta([part] if part.delta else [])
    replica.pending_rules = PendingRules(saved["rules"])
    exchange.rev = int(saved["rev"])
    exchange.flight = None if saved["nonce"] is None else exchange.take_off(saved["nonce"])
    exchange.refusal = saved["refusal"]
    exchange.needs_reload, exchange.has_lost_log = saved["needsReload"], saved["isLogLost"]
    return replica


def restored(state, wire):
    """The state after a saved delta, and the delta as a part that no step belongs to (SYNC-47)."""
    state, applied = apply(state, parse_delta(wire))
    return state, Part(applied, "apart")
