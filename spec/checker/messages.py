"""The form of messages (SYNC-2, SYNC-3)."""

import re

from errors import DatastoreError
from wire_deltas import parse_delta, parse_rows

NONCE = re.compile(r"[!-~]{1,128}")
REASONS = ("invalid", "limit", "permission", "unknown-revision", "nonce-reused")
NAME_MEMBERS, NUMBER_MEMBERS = {"table", "record", "field"}, {"index", "position"}


def check_nonce(nonce):
    """SYNC-2."""
    if not isinstance(nonce, str) or NONCE.fullmatch(nonce) is None:
        raise DatastoreError("invalid-nonce")


def check_revision(rev):
    """SYNC-2."""
    if not is_whole(rev):
        raise DatastoreError("invalid-revision")


def is_whole(number):
    """A whole number from 0 to 2^53 - 1."""
    is_number = isinstance(number, (int, float)) and not isinstance(number, bool)
    return is_number and 0 <= number < 2**53 and number % 1 == 0


def check_entries(entries):
    """An array of log entries (SYNC-1)."""
    require_json(isinstance(entries, list))
    for entry in entries:
        require_json(isinstance(entry, dict))
        check_revision(entry.get("rev"))
        check_nonce(entry.get("nonce"))
        check_seen(entry, entry["rev"] - 1)
        parse_delta(entry.get("delta"))


def check_seen(message, most):
    """The member `seen` of a put or an entry is a revision up to another one, if it is there (SYNC-64)."""
    if "seen" in message and message["seen"] != most:
        check_revision(message["seen"])
        if message["seen"] > most:
            raise DatastoreError("invalid-revision")


def seen_member(seen, most):
    """The member `seen`, which is omitted if it is all that came before (SYNC-64)."""
    return {} if seen in (None, most) else {"seen": int(seen)}


def check_refusal(message):
    """A reason and a message, and optionally a code and a place."""
    require_json(message.get("reason") in REASONS and isinstance(message.get("message"), str))
    require_json(isinstance(message.get("code", ""), str))
    place = message.get("place", {})
    require_json(isinstance(place, dict) and place.keys() <= NAME_MEMBERS | NUMBER_MEMBERS)
    for part, content in place.items():
        require_json(isinstance(content, str) if part in NAME_MEMBERS else is_whole(content))


def check_nonces(rev, nonces):
    """The nonces of a snapshot: at most one for each revision, and none twice (SYNC-13)."""
    require_json(isinstance(nonces, list))
    for nonce in nonces:
        check_nonce(nonce)
    if len(nonces) > rev or len(set(nonces)) < len(nonces):
        raise DatastoreError("log-mismatch")


MEMBERS = {
    "put": ("rev", "nonce", "delta"),
    "fetch": ("rev",),
    "fetch-snapshot": (),
    "accepted": ("nonce", "rev"),
    "repeated": ("nonce", "rev"),
    "conflict": ("nonce", "entries"),
    "refused": ("nonce",),
    "entries": ("entries",),
    "reset": ("since", "rev"),
    "snapshot": ("rev", "rows"),
    "denied": (),
}
FROM_REPLICA = ("put", "fetch", "fetch-snapshot")
CHECKS = {
    "rev": check_revision,
    "since": check_revision,
    "nonce": check_nonce,
    "delta": parse_delta,
    "entries": check_entries,
    "rows": parse_rows,
}


def check_message(message, from_replica):
    """Rejects everything but the messages of the table of SYNC-3."""
    require_json(isinstance(message, dict))
    kind = message.get("type")
    require_json(isinstance(kind, str) and kind in MEMBERS and (kind in FROM_REPLICA) == from_replica)
    for member in MEMBERS[kind]:
        CHECKS[member](message.get(member))
    if kind == "refused":
        check_refusal(message)
    if kind in ("put", "fetch") and "head" in message:
        check_nonce(message["head"])
    if kind == "put":
        check_seen(message, message["rev"])
    if kind == "reset":
        require_json(message.get("isLogLost", True) is True)
    if kind in ("conflict", "entries") and "rev" in message:
        check_revision(message["rev"])
    if kind == "snapshot":
        check_nonces(message["rev"], message.get("nonces"))


def require_json(condition):
    """The error for a message that is not of a form of SYNC-3."""
    if not condition:
        raise DatastoreError("invalid-json")
