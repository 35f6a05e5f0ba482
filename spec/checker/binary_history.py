"""A state and deltas in one file (BIN-22). A history is a state and a list of deltas in normal form."""

from binary_changes import KNOWN_DELETE, ChangeReader, kind_of, write_changes
from binary_files import inserts_of, state_of
from binary_numbers import ByteReader, write_number
from binary_refusal import require
from compression import compress
from errors import DatastoreError


def write_history(state, deltas, more_names=()):
    """The column counts and the columns of changes."""
    parts = [inserts_of(state), *deltas]
    return [b"".join(write_number(len(part)) for part in parts), *write_changes(parts, more_names)]


def read_history(columns):
    """The state, the deltas, and the names of the file, which other columns use too."""
    counts, reader = ByteReader(columns[0]), ChangeReader(columns[1:])
    require(reader.befores is None)
    state = state_of(reader.delta(counts.number()))
    deltas = []
    while counts.has_more():
        deltas.append(normal_form(reader.delta(counts.number())))
    reader.end()
    return state, deltas, reader.names


def normal_form(changes):
    """The changes in normal form. Writing the file again finds changes that were not (see binary_files.py)."""
    require(all(kind_of(change) != KNOWN_DELETE for change in changes))
    try:
        return compress(changes)
    except DatastoreError:
        return require(False)
