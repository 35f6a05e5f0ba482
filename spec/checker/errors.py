"""Refusals: a code that never changes and the known parts of the place (CHG-6)."""

from contextlib import contextmanager


class DatastoreError(Exception):
    """What is refused (`code`) and where (`place`), as in the table of CHG-6."""

    def __init__(self, code, **place):
        super().__init__(code)
        self.code = code
        self.place = place

    def as_json(self):
        """The form in which vectors hold a refusal: the code and the known parts of the place."""
        return {"code": self.code, **self.place}


@contextmanager
def at(**place):
    """Whatever is refused inside is refused at this place as well; parts that are known already stay."""
    try:
        yield
    except DatastoreError as error:
        error.place = {**place, **error.place}
        raise
