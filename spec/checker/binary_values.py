"""The values of a file, or what they overwrote: one sequence in three columns (BIN-13, BIN-14).

An entry of the sequence is a value, ABSENT, UNKNOWN, or a ListEdit, of which only `create` and the number of operations
count.
"""

from binary_numbers import ByteReader, is_whole, write_double, write_number, write_signed
from binary_refusal import require
from binary_runs import read_run, runs_of, write_run
from operations import ListEdit
from values import ABSENT, UNKNOWN, Date, Long, is_date_number, is_list

UNPAID = (0, 1, 2, 3)
LIST, EDIT, CREATING_EDIT = 12, 13, 14
ATOM_TAGS = range(2, 12)
VALUE_TAGS = range(2, 13)


def strings_in(entries):
    """Every string among the entries, and among the items of their lists."""
    for entry in entries:
        if isinstance(entry, str):
            yield entry
        elif is_list(entry):
            yield from strings_in(entry)


def write_values(entries, strings):
    """The columns tags, content and text."""
    parts = [part for entry in entries for part in parts_of(entry, strings)]
    tags = b"".join(write_run(*run) for run in runs_of([tag for tag, _, _ in parts], UNPAID))
    return [tags, b"".join(content for _, content, _ in parts), b"".join(text for _, _, text in parts)]


def parts_of(entry, strings):
    """The tag, content and text of an entry; of a list also those of its items (BIN-13)."""
    if entry is ABSENT or entry is UNKNOWN or isinstance(entry, bool):
        return [((ABSENT, UNKNOWN, False, True).index(entry), b"", b"")]
    if isinstance(entry, Long):
        return [(4, write_signed(entry.number), b"")]
    if isinstance(entry, float):
        return [(5, write_signed(int(entry)), b"") if is_whole(entry) else (6, write_double(entry), b"")]
    if isinstance(entry, str):
        return [parts_of_string(entry, strings)]
    if isinstance(entry, bytes):
        return [(10, write_number(len(entry)) + entry, b"")]
    if isinstance(entry, Date):
        return [(11, write_signed(entry.milliseconds), b"")]
    if isinstance(entry, ListEdit):
        return [(CREATING_EDIT if entry.create else EDIT, write_number(len(entry.steps)), b"")]
    return [(LIST, write_number(len(entry)), b"")] + [part for item in entry for part in parts_of(item, strings)]


def parts_of_string(text, strings):
    """A string is one character, or has a number, or is written in place (BIN-12, BIN-13)."""
    octets = text.encode("utf-8")
    if len(text) == 1:
        return (7, b"", octets)
    if text in strings:
        return (9, write_number(strings.index(text)), b"")
    return (8, write_number(len(octets)), octets)


class ValueReader:
    """Reads the entries of three columns, one after the other."""

    def __init__(self, columns, strings):
        self.tags, self.content, self.text = map(ByteReader, columns)
        self.strings = strings
        self.tag, self.left = None, 0

    def next_tag(self, allowed):
        """The next tag, which must be one that is allowed there."""
        if self.left == 0:
            self.tag, self.left = read_run(self.tags, UNPAID)
        require(self.tag in allowed)
        self.left -= 1
        return self.tag

    def end(self):
        """Rejects unread content (BIN-26)."""
        require(self.left == 0)
        for reader in (self.tags, self.content, self.text):
            reader.end()

    def value(self):
        """A value."""
        return self.content_of(self.next_tag(VALUE_TAGS))

    def atom(self):
        """An item of a list."""
        return self.content_of(self.next_tag(ATOM_TAGS))

    def before(self):
        """What a put or delete of a field overwrote (BIN-20)."""
        return self.content_of(self.next_tag((0, 1, *VALUE_TAGS)))

    def before_item(self):
        """What a list put or list delete overwrote (BIN-20)."""
        return self.content_of(self.next_tag((1, *ATOM_TAGS)))

    def content_of(self, tag):
        """The entry that a tag announces (BIN-13)."""
        if tag <= 3:
            return (ABSENT, UNKNOWN, False, True)[tag]
        if tag == LIST:
            return tuple(self.atom() for _ in range(self.content.number()))
        return READERS[tag](self)

    def repeated(self):
        """A repeated string (BIN-12)."""
        number = self.content.number()
        require(number < len(self.strings))
        return self.strings[number]

    def date(self):
        """A date within VAL-5 (BIN-14)."""
        milliseconds = self.content.signed()
        require(is_date_number(milliseconds))
        return Date(milliseconds)


READERS = {
    4: lambda reader: Long(reader.content.long()),
    5: lambda reader: float(reader.content.signed()),
    6: lambda reader: reader.content.double(),
    7: lambda reader: reader.text.character(),
    8: lambda reader: reader.text.text(reader.content.number()),
    9: ValueReader.repeated,
    10: lambda reader: reader.content.take(reader.content.number()),
    11: ValueReader.date,
}
