"""Field sets, which are numbered (BIN-18)."""

from binary_names import name_at
from binary_numbers import ByteReader, write_number
from binary_refusal import require


def write_field_sets(field_sets, names):
    """The column `fields`: the number of each field set and, at its first occurrence, its fields."""
    octets, known = b"", []
    for field_set in field_sets:
        if field_set in known:
            octets += write_number(known.index(field_set))
            continue
        octets += write_number(len(known)) + write_number(len(field_set))
        known.append(field_set)
        least = 0
        for field in field_set:
            octets += write_number(names.index(field) - least)
            least = names.index(field) + 1
    return octets


class FieldSetReader:
    """Reads the column `fields`."""

    def __init__(self, column, names):
        self.reader = ByteReader(column)
        self.names = names
        self.known = []

    def next(self):
        """The next field set, in code point order."""
        number = self.reader.number()
        require(number <= len(self.known))
        if number == len(self.known):
            self.known.append(self.read_new())
        return self.known[number]

    def read_new(self):
        """The fields of a set that has no number yet."""
        fields, least = [], 0
        for _ in range(self.reader.number()):
            number = least + self.reader.number()
            fields.append(name_at(self.names, number))
            least = number + 1
        return fields
