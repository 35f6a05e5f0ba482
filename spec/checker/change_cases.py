"""The cases of compression.json, apply.json and invert.json. Each function returns the outcomes."""

from compression import compress
from inversion import invert
from limits import apply_within
from state import apply
from vector_forms import read_changes, same_json
from wire_deltas import format_rows, parse_rows
from wire_writing import format_delta


def compression_case(case):
    """The normal form, which compressing must not change (NORM-1)."""
    normal = compress(read_changes(case["changes"]))
    written = format_delta(normal)
    again = format_delta(compress(normal))
    return {"normal": written if same_json(written, again) else {"once": written, "twice": again}}


def apply_case(case):
    """The rows afterwards, and the given changes with what they overwrote."""
    after, applied = apply_within(parse_rows(case["rows"]), read_changes(case["changes"]), case.get("limits"))
    written = [wire for change in applied for wire in format_delta([change])]
    return {"after": format_rows(after), "applied": written}


def invert_case(case):
    """The inverse, which leads back to the rows if there are any (INV-1)."""
    changes = read_changes(case["changes"])
    if "rows" not in case:
        return {"inverse": format_delta(invert(changes))}
    state = parse_rows(case["rows"])
    after, applied = apply(state, changes)
    inverse = invert(applied)
    back, _ = apply(after, inverse)
    if not same_json(format_rows(back), format_rows(state)):
        return {"inverse": {"does not lead back": format_rows(back)}}
    return {"inverse": format_delta(inverse)}
