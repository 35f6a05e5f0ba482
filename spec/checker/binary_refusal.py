"""What a decoder refuses (BIN-3, BIN-26)."""

from errors import DatastoreError


def require(is_so):
    """Refuses a file in which something is not so. Where it was found out is not normative, and not said here."""
    if not is_so:
        raise DatastoreError("invalid-binary")
