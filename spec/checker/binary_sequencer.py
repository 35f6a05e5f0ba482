"""Saved sequencers as files (BIN-24). A saved sequencer is a snapshot and a log, as in the vectors."""

from binary_files import decode
from binary_history import read_history, write_history
from binary_nonces import read_nonces, write_nonces
from binary_numbers import ByteReader, write_number
from binary_refusal import require
from message_pack import pack_file
from messages import seen_member
from wire_deltas import format_rows, parse_delta, parse_rows
from wire_writing import format_delta

SEQUENCER = "deltaic/sequencer"
OWN_COLUMNS = 2


def encode_sequencer(sequencer):
    """A snapshot, and entries that follow one another (SYNC-11)."""
    snapshot, log = sequencer["snapshot"], sequencer["log"]
    rev, nonces = int(snapshot["rev"]), snapshot["nonces"]
    by_rev = dict(zip(range(rev - len(nonces) + 1, rev + 1), nonces))
    by_rev.update({int(entry["rev"]): entry["nonce"] for entry in log})
    later = sum(entry["rev"] > rev for entry in log)
    unseen = [int(entry["rev"]) - 1 - int(entry["seen"]) if "seen" in entry else 0 for entry in log]
    head = b"".join(map(write_number, (rev, len(nonces), later, *(unseen if any(unseen) else ()))))
    history = write_history(parse_rows(snapshot["rows"]), [parse_delta(entry["delta"]) for entry in log])
    return pack_file(SEQUENCER, [head, write_nonces(by_rev[at] for at in sorted(by_rev)), *history])


def decode_sequencer(octets):
    """The saved sequencer in a file."""
    return decode(octets, SEQUENCER, read_sequencer, encode_sequencer)


def read_sequencer(columns):
    """Its own columns, then those of a history."""
    require(len(columns) > OWN_COLUMNS)
    state, deltas, _ = read_history(columns[OWN_COLUMNS:])
    head = ByteReader(columns[0])
    rev, count, later = head.number(), head.number(), head.number()
    nonces = read_nonces(columns[1])
    last = rev + later
    require(count <= rev and later <= len(deltas) <= last and len(nonces) == max(count + later, len(deltas)))
    first_nonce, first_entry = last - len(nonces) + 1, last - len(deltas) + 1
    unseen = [head.number() for _ in deltas] if head.has_more() else [0] * len(deltas)
    head.end()
    require(all(count < at for at, count in enumerate(unseen, first_entry)))
    return {
        "snapshot": {
            "type": "snapshot",
            "rev": rev,
            "rows": format_rows(state),
            "nonces": nonces[rev - count + 1 - first_nonce : rev + 1 - first_nonce],
        },
        "log": [
            {"rev": at, "nonce": nonces[at - first_nonce], **seen_member(at - 1 - count, at - 1), "delta": format_delta(delta)}
            for at, (delta, count) in enumerate(zip(deltas, unseen), first_entry)
        ],
    }
