"""Byte-pair encoding, applied: of the pairs that stand there, the one learned first is merged first.

Sennrich, Haddow & Birch 2016, section 3.2, on bytes.
"""

from itertools import pairwise


def bpe_encode(word: bytes, ranks: dict[tuple[bytes, bytes], int]) -> list[bytes]:
    """Return the tokens of a word; ranks say which pair was learned when."""
    symbols = [bytes([byte]) for byte in word]
    while known := [pair for pair in pairwise(symbols) if pair in ranks]:
        symbols = _merged(symbols, min(known, key=lambda pair: ranks[pair]))
    return symbols


def _merged(symbols: list[bytes], pair: tuple[bytes, bytes]) -> list[bytes]:
    """Return the symbols with the pair joined wherever it stands, from left to right."""
    kept: list[bytes] = []
    for symbol in symbols:
        if kept and (kept[-1], symbol) == pair:
            kept[-1] += symbol
        else:
            kept.append(symbol)
    return kept
