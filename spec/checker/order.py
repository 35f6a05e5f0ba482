"""The total order of values, and the equality that it defines (ORD-1 to ORD-8)."""

import math

from values import ABSENT, Date, Long


def order_key(value):
    """A tuple that compares as the value does, by ORD-1 to ORD-7. Python compares tuples item by item, a prefix below,
    strings by code point, bytes by octet, and integers with floats exactly, without rounding."""
    if value is ABSENT:
        return (0,)  # ORD-1
    if isinstance(value, bool):
        return (1, value)  # ORD-3
    if isinstance(value, (Long, float)):
        return (2, *number_key(value))
    if isinstance(value, str):
        return (3, value)  # ORD-5
    if isinstance(value, bytes):
        return (4, value)  # ORD-6
    if isinstance(value, Date):
        return (5, value.milliseconds)  # ORD-6
    if isinstance(value, tuple):
        return (6, tuple(order_key(item) for item in value))  # ORD-7
    raise TypeError(f"no value: {value!r}")


def number_key(number):
    """ORD-4: NaN below all, then the exact value, then a long, -0 and 0 or another double."""
    if isinstance(number, Long):
        return (1, number.number, 0)
    if math.isnan(number):
        return (0,)
    is_minus_zero = number == 0 and math.copysign(1, number) < 0
    return (1, number, 1 if is_minus_zero else 2)


def compare(left, right):
    """-1, 0 or 1: below, identical, above (ORD-1)."""
    left_key, right_key = order_key(left), order_key(right)
    return (left_key > right_key) - (left_key < right_key)


def equal(left, right):
    """Equality everywhere in the specification (ORD-8)."""
    return compare(left, right) == 0
