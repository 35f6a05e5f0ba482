"""Nonces in files (SYNC-2, BIN-23, BIN-24)."""

import re

from binary_refusal import require

NONCE = re.compile(rb"[!-~]{1,128}")


def read_nonce(octets):
    """1 to 128 visible ASCII characters (SYNC-2)."""
    require(NONCE.fullmatch(octets) is not None)
    return octets.decode("ascii")


def write_nonces(nonces):
    """Nonces with a space between them (BIN-24)."""
    return " ".join(nonces).encode("ascii")


def read_nonces(column):
    """The nonces of a column. None occurs twice."""
    nonces = [read_nonce(nonce) for nonce in column.split(b" ")] if column else []
    require(len(set(nonces)) == len(nonces))
    return nonces
