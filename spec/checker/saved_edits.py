"""Edits that were saved alone, after a replica (SYNC-52)."""

from compression import compose
from messages import require_json
from own_items import OwnItems, loaded_own, saved_own, with_appends
from wire_deltas import parse_delta
from wire_writing import format_delta


def with_saved_edits(saved, edits):
    """What was saved and the edits after it, as one saved replica."""
    if not edits:
        return saved
    own = saved.get("own", [[], []])
    *pending, opened = with_appends([parse_delta(delta) for delta in [*saved["pending"], saved["open"]]], own)
    ended = []
    for first, *others in map(parts_of, edits):
        opened = compose([opened, first])
        for part in others:
            ended.append(opened)
            opened = part
    history = {}
    if saved["format"] == 2:
        ended = [item for item in ended if item]
        history = with_ended(saved, len(ended))
    else:
        ended, opened = [], compose([*ended, opened])
    deltas = [*pending, *ended, opened]
    own = saved_own(loaded_own(own), deltas)
    rules = {tuple(place): rule for part in [saved, *edits] for *place, rule in part["rules"]}
    return {
        **{member: value for member, value in saved.items() if member != "own"},
        "pending": [format_delta(delta, False) for delta in deltas[:-1]],
        "open": format_delta(opened, False),
        "rules": [[*place, rule] for place, rule in rules.items() if rule != "remote"],
        **({} if own is None else {"own": own}),
        **history,
    }


def parts_of(edit):
    """What belongs to the item that was edited before, and to each item after that."""
    require_json(isinstance(edit, dict) and isinstance(edit.get("ended", []), list))
    require_json(all(isinstance(edit.get(member), list) for member in ("rules", "appends")))
    deltas = [parse_delta(delta) for delta in [*edit.get("ended", []), edit.get("changes")]]
    return with_appends(deltas, [[], edit["appends"]])


def with_ended(saved, count):
    """The history once so many items have ended: their numbers, and their places in the queue and on the stack."""
    *before, last = saved["segments"]
    greatest = max(number for segment in saved["segments"] for number in segment[1:])
    numbers = [greatest + 1 + at for at in range(count)]
    return {
        "segments": [*before, *[[last[0], number, number] for number in numbers], last],
        "undo": [*[[number, number] for number in reversed(numbers)], *saved["undo"]],
        "redo": [],
    }
