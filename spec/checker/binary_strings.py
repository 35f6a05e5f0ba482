"""Strings that occur more than once in a file (BIN-12)."""

from collections import Counter

from binary_numbers import ByteReader, write_number

GREATEST_LENGTH = 256


def repeated_strings(strings):
    """The numbered ones of all strings in a file, in code point order."""
    counts = Counter(strings)
    return sorted(text for text, count in counts.items() if count > 1 and may_be_numbered(text))


def may_be_numbered(text):
    """Whether a string has no character, or at least two, and not too many bytes."""
    return len(text) != 1 and len(text.encode("utf-8")) <= GREATEST_LENGTH


def write_strings(strings):
    """The columns `stringLengths` and `strings`."""
    texts = [text.encode("utf-8") for text in strings]
    return [b"".join(write_number(len(text)) for text in texts), b"".join(texts)]


def read_strings(lengths, texts):
    """The strings of the two columns."""
    length_reader, text_reader, strings = ByteReader(lengths), ByteReader(texts), []
    while length_reader.has_more():
        strings.append(text_reader.text(length_reader.number()))
    text_reader.end()
    return strings
