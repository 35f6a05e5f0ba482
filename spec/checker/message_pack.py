"""Files, with the part of MessagePack that they need (BIN-1 to BIN-3)."""

from binary_refusal import require
from binary_numbers import ByteReader
from errors import DatastoreError

VERSION = 1
NIL = 0xC0
FIXARRAY, ARRAY_16 = 0x90, 0xDC
FIXSTR = 0xA0
BYTE_STRINGS = {0xC4: 1, 0xC5: 2, 0xC6: 4}
"""The headers of byte strings, and how many bytes their lengths have."""


def pack_file(kind, columns):
    """The bytes of a file, every header the shortest one (BIN-1)."""
    count = len(columns) + 2
    header = bytes([FIXARRAY + count]) if count <= 15 else bytes([ARRAY_16, *count.to_bytes(2, "big")])
    name = kind.encode("ascii")
    return header + bytes([FIXSTR + len(name)]) + name + bytes([VERSION]) + b"".join(map(pack_column, columns))


def pack_column(column):
    """A byte string, or nil where it would be empty (BIN-1)."""
    if not column:
        return bytes([NIL])
    for header, size in BYTE_STRINGS.items():
        if len(column) < 256**size:
            return bytes([header]) + len(column).to_bytes(size, "big") + column
    raise ValueError("a column of more than four gigabytes")


def unpack_file(octets, kind):
    """The columns of a file of this kind. Headers that are too long are accepted; writing the file again finds them
    (see binary_files.py)."""
    reader = ByteReader(octets)
    header = reader.byte()
    require(header & 0xF0 == FIXARRAY or header == ARRAY_16)
    count = int.from_bytes(reader.take(2), "big") if header == ARRAY_16 else header & 0x0F
    header = reader.byte()
    require(header & 0xE0 == FIXSTR)
    require(reader.take(header & 0x1F) == kind.encode("ascii"))
    if reader.byte() != VERSION:
        raise DatastoreError("unknown-version")
    columns = [unpack_column(reader) for _ in range(count - 2)]
    reader.end()
    return columns


def unpack_column(reader):
    """A column (BIN-1)."""
    header = reader.byte()
    if header == NIL:
        return b""
    require(header in BYTE_STRINGS)
    return reader.take(int.from_bytes(reader.take(BYTE_STRINGS[header]), "big"))
