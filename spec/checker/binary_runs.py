"""Runs: several of one kind in a row (BIN-10)."""

from binary_numbers import write_number
from binary_refusal import require

GREATEST_UNPAID = 8


def write_run(kind, count):
    """A byte, and the rest of a count of 16 or more."""
    return bytes([kind | min(count - 1, 15) << 4]) + (write_number(count - 16) if count >= 16 else b"")


def read_run(reader, unpaid):
    """Kind and count of a run. A longer run of an unpaid kind is rejected at once, so that a file of few bytes never
    means a lot of data."""
    byte = reader.byte()
    kind, count = byte & 0x0F, (byte >> 4) + 1
    if count == 16:
        count += reader.number()
    require(kind not in unpaid or count <= GREATEST_UNPAID)
    return kind, count


def runs_of(kinds, unpaid):
    """Kinds in a row as pairs of kind and count, each as long as possible."""
    runs = []
    for kind in kinds:
        if runs and runs[-1][0] == kind and not (kind in unpaid and runs[-1][1] == GREATEST_UNPAID):
            runs[-1] = (kind, runs[-1][1] + 1)
        else:
            runs.append((kind, 1))
    return runs
