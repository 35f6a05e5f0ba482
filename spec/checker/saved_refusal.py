"""A refusal that is not undone yet, as a JSON text (BIN-23)."""

import json

from binary_numbers import decode_text
from binary_refusal import require
from messages import is_whole

MEMBERS = {"reason": str, "code": str, "message": str, "place": dict}
PLACE_MEMBERS = {"table": str, "record": str, "field": str, "index": int, "position": int}
REASONS = ("invalid", "limit", "permission", "nonce-reused")
"""A refusal as unknown-revision is never stored (BIN-23)."""


def write_refusal(refusal):
    """The members in their order, without white space, and with the escapes that ECMAScript writes: for the quote, the
    backslash, control characters, and lone surrogates, which UTF-8 does not have."""
    ordered = {member: refusal[member] for member in MEMBERS if member in refusal}
    if "place" in ordered:
        place = refusal["place"]
        ordered["place"] = {
            part: int(place[part]) if kind is int else place[part]
            for part, kind in PLACE_MEMBERS.items()
            if part in place
        }
    text = json.dumps(ordered, ensure_ascii=False, separators=(",", ":"))
    return "".join(map(escape_surrogate, text)).encode("utf-8")


def escape_surrogate(character):
    """A lone surrogate as an escape."""
    return f"\\u{ord(character):04x}" if 0xD800 <= ord(character) <= 0xDFFF else character


def read_refusal(column):
    """A refusal as in SYNC-3. Writing the file again finds unknown members, and another order or spelling (see
    binary_files.py)."""
    try:
        refusal = json.loads(decode_text(column))
    except (ValueError, RecursionError):
        refusal = None
    require(isinstance(refusal, dict) and {"reason", "message"} <= refusal.keys())
    require(has_kinds(refusal, MEMBERS) and has_kinds(refusal.get("place", {}), PLACE_MEMBERS))
    require(refusal["reason"] in REASONS)
    require(all(is_whole(part) for part in refusal.get("place", {}).values() if not isinstance(part, str)))
    return refusal


def has_kinds(members, kinds):
    """Whether all known members have the right type. A boolean is not a number."""
    return all(
        isinstance(content, kinds.get(member, object)) and not isinstance(content, bool)
        for member, content in members.items()
    )
