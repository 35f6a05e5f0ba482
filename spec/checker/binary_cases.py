"""The cases of binary.json, and the frozen files, which are cases of the same form (BIN-3)."""

from binary_files import decode_delta, decode_state, encode_delta, encode_state
from binary_replica import decode_replica, encode_replica
from binary_sequencer import decode_sequencer, encode_sequencer
from compression import compress
from vector_forms import read_changes, read_json, same_json
from wire_deltas import format_rows, parse_delta, parse_rows
from wire_values import format_value, parse_value
from wire_writing import format_delta

DECODERS = {"delta": decode_delta, "state": decode_state, "replica": decode_replica, "sequencer": decode_sequencer}


def binary_case(case):
    """The bytes that encode what the case holds, if decoding gives it again; or whether bytes are rejected."""
    if "encoded" in case:
        return {"decoded": repr(DECODERS[case["kind"]](parse_value(case["encoded"])))}
    if "replica" in case:
        return both_ways(normal_replica(case["replica"]), encode_replica, decode_replica, lambda replica: replica)
    if "sequencer" in case:
        return both_ways(normal_sequencer(case["sequencer"]), encode_sequencer, decode_sequencer, lambda saved: saved)
    if "rows" in case:
        return both_ways(parse_rows(case["rows"]), encode_state, decode_state, format_rows)
    changes = compress(read_changes(case["delta"])) if "delta" in case else read_changes(case["changes"])
    return both_ways(changes, encode_delta, decode_delta, format_delta)


def both_ways(content, encode, decode, as_json):
    """The bytes, or what decoding gives if that is something else."""
    octets = encode(content)
    decoded = decode(octets)
    if not same_json(as_json(decoded), as_json(content)):
        return {"bytes": {"decoded": as_json(decoded)}}
    return {"bytes": format_value(octets)}


def normal_delta(delta):
    """A delta in normal form as it travels."""
    return format_delta(parse_delta(delta))


def normal_replica(replica):
    """A saved replica in the order in which decoding gives its parts (BIN-25)."""
    return {
        **replica,
        "rows": format_rows(parse_rows(replica["rows"])),
        "pending": [normal_delta(delta) for delta in replica["pending"]],
        "open": normal_delta(replica["open"]),
        "rules": sorted(replica["rules"]),
    }


def normal_sequencer(sequencer):
    """A saved sequencer in that order."""
    rows = format_rows(parse_rows(sequencer["snapshot"]["rows"]))
    return {
        "snapshot": {**sequencer["snapshot"], "rows": rows},
        "log": [{**entry, "delta": normal_delta(entry["delta"])} for entry in sequencer["log"]],
    }


def frozen_cases(folder):
    """A case for each file of a folder: the JSON beside it, and its bytes."""
    for path in sorted(folder.glob("*.bin")):
        content = read_json(path.with_suffix(".json").read_text(encoding="utf-8"))
        rows = {"rows": content.pop("state")} if "state" in content else {}
        yield {"name": path.name, **content, **rows, "bytes": format_value(path.read_bytes())}
