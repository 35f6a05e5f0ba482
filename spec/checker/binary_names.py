"""The column of names (BIN-11)."""

from binary_numbers import ByteReader
from binary_refusal import require
from names import is_name


def write_names(names):
    """Names in code point order, each without the beginning that it shares with the one before."""
    octets, before = b"", ""
    for name in names:
        shared = 0
        while name[: shared + 1] == before[: shared + 1] and shared < min(len(name), len(before)):
            shared += 1
        octets += bytes([0x80 + shared]) + name[shared:].encode("ascii")
        before = name
    return octets


def read_names(column):
    """The names. Writing the file again checks their order and that all are used (see binary_files.py)."""
    reader, names = ByteReader(column), []
    while reader.has_more():
        shared = reader.byte() - 0x80
        require(0 <= shared <= len(names[-1] if names else ""))
        letters = []
        while reader.has_more() and reader.octets[reader.position] < 0x80:
            letters.append(chr(reader.byte()))
        names.append((names[-1][:shared] if names else "") + "".join(letters))
        require(is_name(names[-1]))
    return names


def name_at(names, number):
    """The name with this number."""
    require(0 <= number < len(names))
    return names[number]
