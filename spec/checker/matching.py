"""Whether stored values answer queries (MATCH-1 to MATCH-3)."""

import math

from order import equal
from values import as_double, is_list, is_number


def matches(left, right):
    """Compares two numbers as doubles, lists item by item, and other values for equality (MATCH-1, MATCH-2)."""
    if is_number(left) and is_number(right):
        return doubles_match(as_double(left), as_double(right))
    if is_list(left) and is_list(right):
        return len(left) == len(right) and all(map(matches, left, right))
    return equal(left, right)


def doubles_match(left, right):
    """-0 matches 0, and NaN matches NaN (MATCH-1)."""
    return left == right or (math.isnan(left) and math.isnan(right))


def query(state, table, conditions):
    """The ids of the records of a table that have every field with a matching value, in code point order (MATCH-3)."""
    return sorted(
        record
        for (its_table, record), fields in state.items()
        if its_table == table
        and all(field in fields and matches(fields[field], value) for field, value in conditions.items())
    )
