"""The cases of order.json, match.json, sizes.json, names.json and wire.json. Each function returns the outcomes."""

import math
import struct

from compression import compress
from matching import matches, query
from names import is_datastore_id, is_name, is_shareable_id
from order import compare
from sizes import size_of_datastore, size_of_delta, size_of_record, size_of_value
from values import ABSENT, Date, Long, is_list
from vector_forms import read_changes, read_fields
from wire_deltas import format_rows, parse_delta, parse_rows
from wire_values import format_value, parse_value
from wire_writing import format_delta


def order_case(case):
    """Every pair must compare like the positions. Returns the pairs that do not."""
    values = [ABSENT if value is None else parse_value(value) for value in case["ascending"]]
    places = range(len(values))
    wrong = [
        (left, right)
        for left in places
        for right in places
        if compare(values[left], values[right]) != (left > right) - (left < right)
    ]
    return {"ascending": {"wrong pairs": wrong} if wrong else case["ascending"]}


def match_case(case):
    """Two values, either way round, or a query."""
    if "rows" in case:
        return {"found": query(parse_rows(case["rows"]), case["table"], read_fields(case["where"]))}
    left, right = parse_value(case["left"]), parse_value(case["right"])
    answers = {matches(left, right), matches(right, left)}
    return {"match": answers.pop() if len(answers) == 1 else "depends on the order"}


def size_case(case):
    """A value, the fields of a record, a datastore, or a delta in normal form."""
    if "value" in case:
        return {"size": size_of_value(parse_value(case["value"]))}
    if "fields" in case:
        return {"size": size_of_record(read_fields(case["fields"]))}
    if "rows" in case:
        return {"size": size_of_datastore(parse_rows(case["rows"]))}
    return {"size": size_of_delta(compress(read_changes(case["delta"])))}


def name_case(case):
    """Which kinds of name a text is."""
    text = case["text"]
    return {"isName": is_name(text), "isDatastoreId": is_datastore_id(text), "isShareableId": is_shareable_id(text)}


def wire_case(case):
    """A value, a delta or a snapshot, read and written."""
    if "delta" in case:
        return {"written": format_delta(parse_delta(case["delta"]), with_before=False)}
    if "rows" in case:
        return {"written": format_rows(parse_rows(case["rows"]))}
    value = parse_value(case["json"])
    return {"means": meaning(value), "written": format_value(value)}


def meaning(value):
    """A value by what it is made of."""
    if isinstance(value, bool):
        return {"type": "boolean", "is": value}
    if isinstance(value, Long):
        return {"type": "long", "decimal": str(value.number)}
    if isinstance(value, float):
        bits = "7ff8000000000000" if math.isnan(value) else struct.pack(">d", value).hex()
        return {"type": "double", "bits": bits}
    if isinstance(value, str):
        return {"type": "string", "codePoints": [ord(character) for character in value]}
    if isinstance(value, bytes):
        return {"type": "bytes", "octets": list(value)}
    if isinstance(value, Date):
        return {"type": "date", "milliseconds": value.milliseconds}
    assert is_list(value)
    return {"type": "list", "items": [meaning(item) for item in value]}
