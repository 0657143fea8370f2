"""Byte-pair encoding, learned: the most frequent pair of neighbours becomes one symbol, again and again.

Sennrich, Haddow & Birch 2016, algorithm 1, on bytes.
"""

from collections import Counter
from itertools import pairwise


def train_bpe(words: dict[bytes, int], num_merges: int) -> list[tuple[bytes, bytes]]:
    """Return up to num_merges pairs of symbols, in the order in which they are merged."""
    spelled = {word: [bytes([byte]) for byte in word] for word in words}
    merges = []
    for _ in range(num_merges):
        counts: Counter[tuple[bytes, bytes]] = Counter()
        for word, symbols in spelled.items():
            for pair in pairwise(symbols):
                counts[pair] += words[word]
        if not counts:
            break
        best = max(counts, key=lambda pair: (counts[pair], pair))
        merges.append(best)
        spelled = {word: _merged(symbols, best) for word, symbols in spelled.items()}
    return merges


def _merged(symbols: list[bytes], pair: tuple[bytes, bytes]) -> list[bytes]:
    """Return the symbols with the pair joined wherever it stands, from left to right."""
    kept = []
    for symbol in symbols:
        if kept and (kept[-1], symbol) == pair:
            kept[-1] += symbol
        else:
            kept.append(symbol)
    return kept
