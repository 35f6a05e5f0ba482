"""Numbers and bytes of the binary form, read and written (BIN-5 to BIN-8)."""

import math
import struct

from binary_refusal import require

GREATEST_NUMBER = 2**53 - 1
NAN = bytes.fromhex("7ff8000000000000")


class ByteReader:
    """Reads a column from its beginning to its end. It accepts a number in more bytes than it needs; writing the file
    again finds it (see binary_files.py)."""

    def __init__(self, octets):
        self.octets = octets
        self.position = 0

    def has_more(self):
        """Whether anything is left."""
        return self.position < len(self.octets)

    def end(self):
        """Rejects unread content (BIN-26)."""
        require(not self.has_more())

    def take(self, count):
        """The next bytes, of this number."""
        require(count <= len(self.octets) - self.position)
        self.position += count
        return self.octets[self.position - count : self.position]

    def byte(self):
        """One byte."""
        return self.take(1)[0]

    def groups(self):
        """Groups of seven bits, the lowest first, at most ten (BIN-5, BIN-7)."""
        number = 0
        for place in range(10):
            byte = self.byte()
            number |= (byte & 0x7F) << 7 * place
            if byte < 0x80:
                break
        require(byte < 0x80)
        return number

    def number(self):
        """BIN-5."""
        number = self.groups()
        require(number <= GREATEST_NUMBER)
        return number

    def signed(self):
        """BIN-6."""
        number = unfold(self.groups())
        require(-GREATEST_NUMBER <= number <= GREATEST_NUMBER)
        return number

    def long(self):
        """BIN-7."""
        number = self.groups()
        require(number < 2**64)
        return unfold(number)

    def double(self):
        """Eight bytes (BIN-8)."""
        return struct.unpack(">d", self.take(8))[0]

    def text(self, length):
        """UTF-8 of this number of bytes (BIN-9)."""
        return decode_text(self.take(length))

    def character(self):
        """One character: as many bytes as its first one says (BIN-9)."""
        first = self.octets[self.position] if self.has_more() else 0
        length = 1 if first < 0xC0 else 2 if first < 0xE0 else 3 if first < 0xF0 else 4
        return self.text(length)


def decode_text(octets):
    """Well-formed UTF-8 (BIN-9)."""
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        require(False)


def fold(number):
    """2n, or -2n - 1 for a negative n (BIN-6)."""
    return 2 * number if number >= 0 else -2 * number - 1


def unfold(number):
    """The inverse of `fold`."""
    return number // 2 if number % 2 == 0 else -(number + 1) // 2


def write_number(number):
    """In as few groups of seven bits as possible (BIN-5). A long may have more groups than other numbers (BIN-7)."""
    octets = []
    while number >= 0x80:
        octets.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*octets, number])


def write_signed(number):
    """BIN-6, BIN-7."""
    return write_number(fold(number))


def is_whole(double):
    """Whether a double is written as a signed number (BIN-8)."""
    return (
        math.isfinite(double)
        and double.is_integer()
        and abs(double) <= GREATEST_NUMBER
        and not (double == 0 and math.copysign(1, double) < 0)
    )


def write_double(double):
    """Eight bytes; all NaNs are one (BIN-8)."""
    return NAN if math.isnan(double) else struct.pack(">d", double)
