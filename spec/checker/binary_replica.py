"""Saved replicas (SYNC-34) as files (BIN-23). A saved replica is a JSON object, as in the vectors."""

import json

from binary_files import decode
from binary_history import read_history, write_history
from binary_names import name_at, read_names
from binary_nonces import read_nonce
from binary_numbers import ByteReader, decode_text, write_number
from binary_refusal import require
from errors import DatastoreError
from message_pack import pack_file
from messages import is_whole
from own_items import check_own, whole_numbers, with_appends
from own_puts import check_puts, check_seen
from saved_history import check_history, wholes
from saved_refusal import read_refusal, write_refusal
from wire_deltas import format_rows, parse_delta, parse_rows
from wire_writing import format_delta

REPLICA = "deltaic/replica"
RULES = ("remote", "local", "max", "min", "sum", "function")
NEEDS_RELOAD, IS_LOG_LOST, KNOWS_OWN, KNOWS_HEAD, HAS_MEMORY = 1, 2, 4, 8, 16
ALL_FLAGS = 31
MEMORY = ("seen", "puts")
HISTORY = ("segments", "undo", "redo", "isExact")
OWN_COLUMNS = 4


def encode_replica(replica):
    """A saved replica."""
    deltas = [parse_delta(delta) for delta in [*replica["pending"], replica["open"]]]
    rule_names = {name for *place, _ in replica["rules"] for name in place}
    stacks = [item[2:] for item in [*replica.get("undo", []), *replica.get("redo", [])]]
    deltas += [parse_delta(delta) for own in stacks for delta in own]
    history = write_history(parse_rows(replica["rows"]), deltas, rule_names)
    flags = NEEDS_RELOAD * replica["needsReload"] + IS_LOG_LOST * replica["isLogLost"] + KNOWS_OWN * ("own" in replica)
    flags += KNOWS_HEAD * ("head" in replica) + HAS_MEMORY * any(member in replica for member in [*MEMORY, *HISTORY])
    known = write_head(replica) + write_memory(replica) + write_own(replica)
    head = write_number(int(replica["rev"])) + bytes([flags]) + known
    nonce = (replica["nonce"] or "").encode("ascii")
    refusal = b"" if replica["refusal"] is None else write_refusal(replica["refusal"])
    return pack_file(REPLICA, [head, nonce, refusal, write_rules(replica["rules"], read_names(history[1])), *history])


def decode_replica(octets):
    """The saved replica in a file."""
    return decode(octets, REPLICA, read_replica, encode_replica)


def read_replica(columns):
    """Its own columns, then those of a history."""
    require(len(columns) > OWN_COLUMNS)
    head, nonce, refusal, rules = columns[:OWN_COLUMNS]
    state, deltas, names = read_history(columns[OWN_COLUMNS:])
    require(bool(deltas))
    require(not refusal or bool(nonce))
    reader = ByteReader(head)
    rev, flags = reader.number(), reader.byte()
    require(flags <= ALL_FLAGS)
    known_head = {"head": read_nonce(reader.take(reader.number()))} if flags & KNOWS_HEAD else {}
    require(rev > 0 or not known_head)
    memory, deltas = read_memory(reader, rev, deltas) if flags & HAS_MEMORY else ({}, deltas)
    *pending, open_delta = [format_delta(delta) for delta in deltas]
    queue = read_queue(memory, deltas)
    require(not nonce or len(queue) > 1 and bool(queue[0]))
    own = {"own": read_own(reader, deltas)} if flags & KNOWS_OWN else {}
    reader.end()
    return {
        "format": 2 if "segments" in memory else 1,
        "rev": rev,
        "rows": format_rows(state),
        "pending": pending,
        "nonce": read_nonce(nonce) if nonce else None,
        "refusal": read_refusal(refusal) if refusal else None,
        "open": open_delta,
        "rules": read_rules(rules, names),
        "needsReload": flags & NEEDS_RELOAD != 0,
        "isLogLost": flags & IS_LOG_LOST != 0,
        **known_head,
        **memory,
        **own,
    }


def write_memory(replica):
    """The length and the text of the members `seen` and `puts`, as a JSON object, if there is any (BIN-23)."""
    memory = {member: whole_numbers(replica[member]) for member in MEMORY if member in replica}
    memory |= counted_history(replica)
    text = json.dumps(memory, separators=(",", ":")).encode()
    return write_number(len(text)) + text if memory else b""


def counted_history(replica):
    """The members that say what can be undone, where each item of a stack has the number of its deltas in place of them."""
    if "segments" not in replica:
        return {}
    stacks = {stack: [[*whole_numbers(item[:2]), len(item) - 2] for item in replica[stack]] for stack in ("undo", "redo")}
    return {"segments": whole_numbers(replica["segments"]), **stacks, "isExact": replica["isExact"]}


def read_memory(reader, rev, deltas):
    """The members, and the deltas of the queue. Writing the file again finds another spelling."""
    try:
        memory = json.loads(decode_text(reader.take(reader.number())))
        require(isinstance(memory, dict) and bool(memory) and memory.keys() <= {*MEMORY, *HISTORY})
        count = len(deltas)
        if "segments" in memory:
            deltas = read_history_members(memory, deltas)
            count = memory["segments"][-1][0] + 1
        if "seen" in memory:
            check_seen(memory["seen"], rev, count)
        if "puts" in memory:
            check_puts(memory["puts"], rev)
        return memory, deltas
    except (ValueError, RecursionError, DatastoreError):
        require(False)


def read_queue(memory, deltas):
    """The deltas of the queue, each as a whole."""
    try:
        return wholes(memory["segments"], deltas) if "segments" in memory else deltas
    except DatastoreError:
        return require(False)


def read_history_members(memory, deltas):
    """Gives the items of the stacks their deltas, which follow those of the queue, and returns those of the queue."""
    require(isinstance(memory["segments"], list))
    count = len(memory["segments"])
    rest = deltas[count:]
    for member in ("undo", "redo"):
        items = []
        require(isinstance(memory.get(member), list))
        for counts in memory[member]:
            require(isinstance(counts, list) and len(counts) == 3 and all(map(is_whole, counts)))
            items.append([*counts[:2], *map(format_delta, rest[: counts[2]])])
            rest = rest[counts[2] :]
        memory[member] = items
    require(not rest)
    check_history(memory, count)
    return deltas[:count]


def write_head(replica):
    """The length of the head and the head, if there is one (BIN-23)."""
    head = replica.get("head", "").encode("ascii")
    return write_number(len(head)) + head if head else b""


def write_own(replica):
    """The member `own`, if there is one, as a JSON text without white space (BIN-23). All its strings are names."""
    return json.dumps(whole_numbers(replica["own"]), separators=(",", ":")).encode() if "own" in replica else b""


def read_own(reader, deltas):
    """The rest of the head as the member `own`. Writing the file again finds another spelling."""
    try:
        own = json.loads(decode_text(reader.take(len(reader.octets) - reader.position)))
        check_own(own)
        with_appends(list(deltas), own)
        return own
    except (ValueError, RecursionError, DatastoreError):
        require(False)


def write_rules(rules, names):
    """For each rule the numbers of its names and its own number, in order of these numbers (BIN-23)."""
    numbers = [[*map(names.index, place), RULES.index(rule)] for *place, rule in rules]
    return b"".join(write_number(number) for four in sorted(numbers) for number in four)


def read_rules(column, names):
    """The rules. A field has one rule."""
    reader, rules = ByteReader(column), []
    while reader.has_more():
        place = [name_at(names, reader.number()) for _ in range(3)]
        number = reader.number()
        require(number < len(RULES) and place not in [known for *known, _ in rules])
        rules.append([*place, RULES[number]])
    return rules
