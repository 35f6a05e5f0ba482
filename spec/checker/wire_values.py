"""The JSON form of values (WIRE-1 to WIRE-5). JSON is read so that every number is a float (see check.py)."""

import base64
import math
import re

from errors import DatastoreError, at
from values import Date, Long, is_date_number, is_list, is_long_number, is_well_formed

DECIMAL = re.compile(r"0|-?[1-9][0-9]{0,18}")
BASE64 = re.compile(r"[A-Za-z0-9_-]*")
SPECIAL_DOUBLES = {"nan": math.nan, "+inf": math.inf, "-inf": -math.inf, "-0": -0.0}


def parse_value(json):
    """The value of JSON: an atom, or a list of atoms. An error names the index of an invalid item (WIRE-5)."""
    if not isinstance(json, list):
        return parse_atom(json)
    items = []
    for index, item in enumerate(json):
        with at(index=index):
            items.append(parse_atom(item))
    return tuple(items)


def parse_atom(json):
    """A boolean, string or number as it is (WIRE-1), or a tagged form (WIRE-2 to WIRE-5)."""
    if isinstance(json, (bool, float)):
        return json
    if isinstance(json, str):
        if not is_well_formed(json):
            raise DatastoreError("invalid-value")
        return json
    if isinstance(json, dict) and len(json) == 1:
        [(tag, content)] = json.items()
        if tag in PARSERS and isinstance(content, str):
            return PARSERS[tag](content)
    raise DatastoreError("invalid-json")


def parse_decimal(text, is_in_range):
    """Decimal digits in the one form of WIRE-2, within a range."""
    if DECIMAL.fullmatch(text) is None:
        raise DatastoreError("invalid-json")
    number = int(text)
    if not is_in_range(number):
        raise DatastoreError("invalid-value")
    return number


def parse_long(text):
    """`{"I": ...}` (WIRE-2)."""
    return Long(parse_decimal(text, is_long_number))


def parse_date(text):
    """`{"T": ...}` (WIRE-2)."""
    return Date(parse_decimal(text, is_date_number))


def parse_special_double(text):
    """`{"N": ...}` (WIRE-4)."""
    if text not in SPECIAL_DOUBLES:
        raise DatastoreError("invalid-json")
    return SPECIAL_DOUBLES[text]


def parse_bytes(text):
    """`{"B": ...}`: accepted only in the form in which it is written, so that octets have exactly one form (WIRE-3)."""
    if BASE64.fullmatch(text) is None or len(text) % 4 == 1:
        raise DatastoreError("invalid-json")
    octets = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if format_bytes(octets) != text:
        raise DatastoreError("invalid-json")
    return octets


PARSERS = {"I": parse_long, "N": parse_special_double, "B": parse_bytes, "T": parse_date}


def format_bytes(octets):
    """URL-safe base64 without padding (WIRE-3)."""
    return base64.urlsafe_b64encode(octets).decode("ascii").rstrip("=")


def format_value(value):
    """The JSON form of a value."""
    if is_list(value):
        return [format_value(item) for item in value]
    if isinstance(value, Long):
        return {"I": str(value.number)}
    if isinstance(value, Date):
        return {"T": str(value.milliseconds)}
    if isinstance(value, bytes):
        return {"B": format_bytes(value)}
    if isinstance(value, float):
        return format_double(value)
    return value


def format_double(value):
    """A JSON number, or a name where JSON has none (WIRE-1, WIRE-4)."""
    if math.isnan(value):
        return {"N": "nan"}
    if math.isinf(value):
        return {"N": "+inf" if value > 0 else "-inf"}
    if value == 0 and math.copysign(1, value) < 0:
        return {"N": "-0"}
    return value


def format_fields(fields):
    """The fields of a record, in code point order."""
    return {field: format_value(fields[field]) for field in sorted(fields)}
