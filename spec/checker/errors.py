"""Errors of bad input: a code that never changes and the known parts of the place (CHG-6)."""

from contextlib import contextmanager


class DatastoreError(Exception):
    """What is rejected (`code`) and where (`place`), as in the table of CHG-6."""

    def __init__(self, code, **place):
        super().__init__(code)
        self.code = code
        self.place = place

    def as_json(self):
        """The form of the vectors: the code and the known parts of the place."""
        return {"code": self.code, **self.place}


@contextmanager
def at(**place):
    """Adds the parts of this place to errors raised inside. Parts that are known already stay."""
    try:
        yield
    except DatastoreError as error:
        error.place = {**place, **error.place}
        raise
