"""Values (VAL-1 to VAL-7): booleans, longs, doubles, strings, bytes, dates and lists.

A boolean is a Python bool, a double a float, a string a str, bytes are bytes, and a list is a tuple. Longs and dates
have classes of their own, so that a value is never taken for one of another type.
"""

from dataclasses import dataclass

LEAST_LONG = -(2**63)
GREATEST_LONG = 2**63 - 1
GREATEST_DATE = 8_640_000_000_000_000


class Nothing:
    """A marker in place of a value."""

    def __init__(self, name):
        self.name = name

    def __repr__(self):
        return self.name


ABSENT = Nothing("absent")
"""The content of a field without a value (VAL-7)."""

UNKNOWN = Nothing("unknown")
"""The `before` of an operation that does not say what it overwrote (CHG-5). Not the same as absent."""


@dataclass(frozen=True)
class Long:
    """A whole number from -2^63 to 2^63 - 1 (VAL-2)."""

    number: int


@dataclass(frozen=True)
class Date:
    """Milliseconds since 1970-01-01T00:00:00Z (VAL-5)."""

    milliseconds: int


def is_long_number(number):
    """Whether a whole number is in the range of VAL-2."""
    return LEAST_LONG <= number <= GREATEST_LONG


def is_date_number(milliseconds):
    """Whether a number of milliseconds is in the range of VAL-5."""
    return -GREATEST_DATE <= milliseconds <= GREATEST_DATE


def is_well_formed(text):
    """Whether a text contains no surrogate (VAL-4). Python joins pairs when it reads JSON."""
    return not any(0xD800 <= ord(character) <= 0xDFFF for character in text)


def is_list(value):
    """Whether a value is a list (VAL-6)."""
    return isinstance(value, tuple)


def is_number(value):
    """Whether a value is a long or a double. A Python bool is neither."""
    return isinstance(value, (Long, float))


def as_double(number):
    """A long or double converted to double, a long to the nearest, ties to even (MATCH-1, RULE-6)."""
    return float(number.number) if isinstance(number, Long) else number
