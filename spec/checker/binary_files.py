"""Files of deltas and states (BIN-4, BIN-21). Rejects everything that an encoder does not write (BIN-25, BIN-26)."""

from binary_changes import ChangeReader, write_changes
from binary_refusal import require
from message_pack import pack_file, unpack_file
from operations import InsertRecord

DELTA, STATE = "deltaic/delta", "deltaic/state"


def decode(octets, kind, read, encode):
    """Reads the columns of a file of one kind. The result is written again and must give the same bytes: this finds
    everything that is longer, elsewhere or in another order than an encoder writes it (BIN-26)."""
    content = read(unpack_file(octets, kind))
    require(encode(content) == octets)
    return content


def encode_delta(changes):
    """The changes as they are: a caller that wants them compressed does that before (BIN-25)."""
    return pack_file(DELTA, write_changes([changes]))


def decode_delta(octets):
    """The changes of a file."""
    return decode(octets, DELTA, read_delta, encode_delta)


def read_delta(columns):
    """One delta. It ends where the columns end."""
    reader = ChangeReader(columns)
    changes = reader.delta()
    reader.end()
    return changes


def inserts_of(state):
    """A state as the delta of the inserts of all its records (BIN-21)."""
    return [InsertRecord(table, record, state[table, record]) for table, record in sorted(state)]


def state_of(changes):
    """The state that the inserts make. Writing the file again finds a record that comes twice."""
    require(all(isinstance(change, InsertRecord) for change in changes))
    return {(change.table, change.record): change.fields for change in changes}


def encode_state(state):
    """A state (BIN-21)."""
    return pack_file(STATE, write_changes([inserts_of(state)]))


def decode_state(octets):
    """The state in a file."""
    return decode(octets, STATE, lambda columns: state_of(read_delta(columns)), encode_state)
