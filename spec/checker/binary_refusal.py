"""Bad input of decoders (BIN-3, BIN-26)."""

from errors import DatastoreError


def require(is_so):
    """Rejects a file unless a condition holds. The offset in the error is not normative, and not given here."""
    if not is_so:
        raise DatastoreError("invalid-binary")
