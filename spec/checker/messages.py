"""Messages as they arrive: JSON in which revisions are whole numbers (SYNC-3)."""

import json

from vector_forms import read_json

WHOLE = ("rev", "since")


def carry(message):
    """The message after it was written and read again. Deltas and rows stay wire JSON, in which every number is a
    double."""
    return with_whole_numbers(read_json(json.dumps(message)))


def with_whole_numbers(message):
    """The revisions of a message and of its entries as whole numbers."""
    read = {part: int(content) if part in WHOLE else content for part, content in message.items()}
    if "entries" in read:
        read["entries"] = [with_whole_numbers(entry) for entry in read["entries"]]
    return read
