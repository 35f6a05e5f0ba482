"""Saved replicas (SYNC-34, SYNC-36, SYNC-52, SYNC-66). Messages that were not merged are not saved."""

from errors import DatastoreError
from exchange import named
from messages import check_nonce, check_refusal, check_revision, require_json
from own_items import check_own, loaded_own, saved_own, with_appends
from own_puts import OwnPuts, check_puts, check_seen
from pending_rules import PendingRules
from replica import Replica
from saved_history import check_history, load_history, saved_queue, wholes
from state import apply
from timeline import LocalDelta, Part
from wire_deltas import check_name, format_rows, parse_delta, parse_rows
from wire_writing import format_delta

RULES = ("remote", "local", "max", "min", "sum", "function")


def save(replica, extent="all"):
    """The part of a replica that is stored: all edits, the `sealed` ones, or those to be `kept`."""
    exchange, timeline = replica.exchange, replica.timeline
    kept = [delta for delta in timeline.pending if extent != "kept" or not delta.is_provisional]
    is_flight_kept = kept[:1] == timeline.pending[:1]
    flight = exchange.flight if is_flight_kept else None
    opened = timeline.open if extent == "all" else LocalDelta()
    seen = [min(delta.seen, exchange.rev) for delta in kept]
    seen.append(min(opened.seen, exchange.rev) if opened.whole() else exchange.rev)
    pending, uncommitted, history = [delta.whole() for delta in kept], opened.whole(), {}
    if replica.saved_undo_size > 0 and replica.history.depth > 0 and is_prefix(kept, opened, timeline):
        running = timeline.running if opened is timeline.open else None
        mark = mark_before(kept, opened, timeline, replica.history)
        if mark is not None:
            pending, uncommitted, history = saved_queue([*kept, opened], running, mark, replica.saved_undo_size)
    own = saved_own(timeline.own, [*pending, uncommitted])
    return {
        "format": 2 if history else 1,
        "rev": exchange.rev,
        "rows": format_rows(timeline.base),
        "pending": [format_delta(delta, False) for delta in pending],
        "nonce": None if flight is None else flight.nonce,
        "refusal": exchange.refusal if is_flight_kept else None,
        "open": format_delta(uncommitted, False),
        "rules": replica.pending_rules.saved([*pending, uncommitted]),
        "needsReload": exchange.needs_reload,
        "isLogLost": exchange.has_lost_log,
        **named(exchange.head),
        **({} if all(one == exchange.rev for one in seen) else {"seen": seen}),
        **({"puts": timeline.puts.saved()} if timeline.puts.revisions else {}),
        **({} if own is None else {"own": own}),
        **history,
    }


def is_prefix(kept, opened, timeline):
    """Whether nothing is saved that comes after a delta that is left out."""
    is_whole = kept == timeline.pending
    return kept == timeline.pending[: len(kept)] and (is_whole or not opened.parts)


def mark_before(kept, opened, timeline, history):
    """What could be undone and redone before the first delta that is left out, or None if that is not known."""
    left_out = [*timeline.pending[len(kept) :], *([] if opened is timeline.open else [timeline.open])]
    left_out = [delta for delta in left_out if delta.parts]
    return left_out[0].mark if left_out else history.mark()


def load(saved, rules, next_nonce, limits=None, undo_depth=None, saved_undo_size=0):
    """The replica that was stored. Applies the deltas to the base again (SYNC-34)."""
    check_form(saved)
    for table, record, field, rule in saved["rules"]:
        if rule == "function":  # SYNC-36: rules are never functions here
            raise DatastoreError("rule-missing", table=table, record=record, field=field)
    replica = Replica(rules, next_nonce, limits, undo_depth, saved_undo_size)
    exchange, timeline = replica.exchange, replica.timeline
    state = timeline.base = parse_rows(saved["rows"])
    timeline.own = loaded_own(saved.get("own"))
    deltas = with_appends(list(map(parse_delta, [*saved["pending"], saved["open"]])), saved.get("own"))
    *pending, opened = deltas
    timeline.puts = OwnPuts(saved.get("puts", ()))
    *seen, open_seen = map(int, saved.get("seen", [saved["rev"]] * delta_count(saved)))
    if saved["format"] == 2:
        wholes(saved["segments"], deltas)  # rejects what cannot be composed
        load_history(saved, deltas, [*seen, open_seen], timeline, replica.history)
    else:
        for delta, one in zip(pending, seen):
            state, part = restored(state, delta)
            timeline.pending.append(LocalDelta([part], seen=one))
        _, part = restored(state, opened)
        timeline.open = LocalDelta([part], seen=open_seen) if part.delta else LocalDelta()
    require_json(saved["nonce"] is None or bool(timeline.pending[0].whole()))
    replica.pending_rules = PendingRules(saved["rules"])
    exchange.rev, exchange.head = int(saved["rev"]), saved.get("head")
    exchange.flight = None if saved["nonce"] is None else exchange.take_off(saved["nonce"])
    exchange.refusal = saved["refusal"]
    if exchange.refusal is not None and exchange.refusal["reason"] == "nonce-reused":
        exchange.flight = exchange.refusal = None  # SYNC-60
    exchange.needs_reload, exchange.has_lost_log = saved["needsReload"], saved["isLogLost"]
    return replica


def check_form(saved):
    """Rejects what a replica does not save (SYNC-34). Rows and deltas are checked where they are read."""
    require_json(isinstance(saved, dict) and saved.get("format") in (1, 2))
    nonce, pending, refusal, rules = (saved.get(member) for member in ("nonce", "pending", "refusal", "rules"))
    require_json(is_fine(check_revision, saved.get("rev")))
    require_json(nonce is None or is_fine(check_nonce, nonce))
    require_json(isinstance(pending, list) and isinstance(rules, list))
    require_json(all(isinstance(saved.get(flag), bool) for flag in ("needsReload", "isLogLost")))
    if saved["format"] == 2:
        check_history(saved, len(pending) + 1)
    require_json(nonce is None or delta_count(saved) > 1)
    if refusal is not None:
        require_json(isinstance(refusal, dict) and nonce is not None)
        check_refusal(refusal)
        require_json(refusal["reason"] != "unknown-revision")
    for rule in rules:
        require_json(isinstance(rule, list) and len(rule) == 4 and rule[3] in RULES)
        for part, name in zip(("table", "record", "field"), rule):
            check_name(part, name)
    places = [tuple(place) for *place, _ in rules]
    require_json(len(set(places)) == len(places))
    if "head" in saved:
        require_json(saved["rev"] > 0 and is_fine(check_nonce, saved["head"]))
    if "seen" in saved:
        check_seen(saved["seen"], saved["rev"], delta_count(saved))
    if "puts" in saved:
        check_puts(saved["puts"], saved["rev"])
    if "own" in saved:
        check_own(saved["own"])


def delta_count(saved):
    """How many deltas the queue has, the open one among them."""
    return int(saved["segments"][-1][0]) + 1 if saved["format"] == 2 else len(saved["pending"]) + 1


def is_fine(check, value):
    """Whether a check passes."""
    try:
        check(value)
    except DatastoreError:
        return False
    return True


def restored(state, delta):
    """The state after a saved delta, and the delta as a segment that belongs to no undo item (SYNC-47)."""
    state, applied = apply(state, delta)
    return state, Part(applied, "apart")
