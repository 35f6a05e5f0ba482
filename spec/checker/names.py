"""Names of tables, records and fields, and ids of datastores (NAME-1 to NAME-4)."""

import re

NAME = re.compile(r"[A-Za-z0-9._+/=-]{1,64}|:[A-Za-z0-9._+/=-]{1,63}")
PRIVATE_ID = re.compile(r"(?![.])[a-z0-9._-]{1,64}(?<![.])")
SHAREABLE_ID = re.compile(r"[.][A-Za-z0-9_-]{1,63}")


def is_name(text):
    """A table id, a record id or a field name (NAME-1); reserved names are names (NAME-2)."""
    return isinstance(text, str) and NAME.fullmatch(text) is not None


def is_shareable_id(text):
    """The id of a shareable datastore (NAME-4)."""
    return SHAREABLE_ID.fullmatch(text) is not None


def is_datastore_id(text):
    """The id of a private (NAME-3) or shareable datastore."""
    return PRIVATE_ID.fullmatch(text) is not None or is_shareable_id(text)
