"""Of the pairs that stand in a word, the one with the lowest rank is merged first, until none is left.

Expected values are the definition over positions, computed before the call.
"""

from itertools import pairwise

import pytest
import torch
from submission import bpe_encode

from ml_katas.testing import after, rng_unchanged

EXAMPLE = {(b"b", b"c"): 0, (b"a", b"b"): 1, (b"a", b"bc"): 2, (b"c", b"d"): 3}


def test_a_list_of_bytes():
    """The result is a list of bytes objects, and joined they are the word."""
    tokens = bpe_encode(b"hello", {(b"l", b"l"): 4})
    assert isinstance(tokens, list), f"the result is a list, got a {type(tokens).__name__}"
    for token in tokens:
        assert isinstance(token, bytes), f"each token is a bytes object, got a {type(token).__name__}"
    assert b"".join(tokens) == b"hello", f"joined the tokens are the word b'hello', got {b''.join(tokens)!r}"


@after("test_a_list_of_bytes")
def test_worked_example():
    """The example of the brief comes out as written."""
    compare(b"abcd", EXAMPLE, [b"abc", b"d"])


@after("test_a_list_of_bytes")
@pytest.mark.parametrize("word", [b"xab", b"abx", b"abab", b"ab"])
def test_a_pair_is_merged_at_every_place(word):
    """A pair is merged wherever it stands, and what is around it stays."""
    ranks = {(b"a", b"b"): 3}
    compare(word, ranks, by_hand(word, ranks))


@after("test_a_pair_is_merged_at_every_place")
def test_merges_build_on_merges():
    """What was merged is merged on, until no neighbours have a rank."""
    ranks = {(b"a", b"b"): 0, (b"ab", b"c"): 1, (b"abc", b"ab"): 2}
    compare(b"abcab", ranks, [b"abcab"])
    compare(b"abcabcab", ranks, [b"abc", b"abcab"])


@after("test_a_pair_is_merged_at_every_place")
@pytest.mark.parametrize(
    ("word", "expected"), [(b"xyz", [b"x", b"yz"]), (b"xyzyz", [b"x", b"yz", b"yz"]), (b"xyx", [b"xy", b"x"])]
)
def test_the_lowest_rank_goes_first(word, expected):
    """The pair of lowest rank goes first, wherever it stands, and in whatever order the dict is."""
    compare(word, {(b"x", b"y"): 9, (b"y", b"z"): 5}, expected)
    compare(word, {(b"y", b"z"): 5, (b"x", b"y"): 9}, expected)


@after("test_a_pair_is_merged_at_every_place")
def test_a_low_rank_on_the_left():
    """The pair of lowest rank goes first where it stands on the left, too."""
    compare(b"xyz", {(b"y", b"z"): 9, (b"x", b"y"): 5}, [b"xy", b"z"])
    compare(b"xyz", {(b"x", b"y"): 5, (b"y", b"z"): 9}, [b"xy", b"z"])


@after("test_a_pair_is_merged_at_every_place")
def test_not_the_longest():
    """A longer token that the merges do not reach is not taken."""
    ranks = {(b"b", b"c"): 0, (b"a", b"b"): 1, (b"ab", b"c"): 2}
    compare(b"abc", ranks, [b"a", b"bc"])


@after("test_the_lowest_rank_goes_first")
def test_a_pair_may_come_back():
    """A pair of low rank is merged even where a later merge makes its part."""
    ranks = {(b"a", b"b"): 0, (b"ab", b"c"): 1, (b"abc", b"d"): 2, (b"b", b"c"): 3, (b"a", b"bc"): 4}
    ranks = {pair: rank for pair, rank in ranks.items() if pair != (b"a", b"b")} | {(b"a", b"b"): 5}
    compare(b"abcd", ranks, [b"abcd"])


@after("test_a_pair_is_merged_at_every_place")
@pytest.mark.parametrize("length", [2, 3, 4, 5, 7])
def test_rows_of_equal_bytes(length):
    """In rows of equal bytes pairs are merged from the left, each byte once."""
    ranks = {(b"a", b"a"): 0, (b"aa", b"a"): 1}
    compare(b"a" * length + b"b", ranks, by_hand(b"a" * length + b"b", ranks))


@after("test_a_list_of_bytes")
@pytest.mark.parametrize("word", [b"", b"a", b"\x00", b"xyzzy", "übrig".encode(), b" \xff "])
def test_bytes_without_merges(word):
    """Bytes that no pair contains stay tokens of one byte; the empty word has none."""
    compare(word, EXAMPLE, [word[i : i + 1] for i in range(len(word))])
    compare(word, {}, [word[i : i + 1] for i in range(len(word))])


@after("test_the_lowest_rank_goes_first", "test_merges_build_on_merges")
@pytest.mark.parametrize("letters", [b"ab", b"abcd"])
def test_random_words(letters):
    """Random words and ranks learned from others give the definition's tokens; ranks have gaps.

    Pins: "They may begin anywhere and have gaps".
    """
    for _ in range(4):
        ranks = learned([random_word(letters, 8) for _ in range(6)], 12)
        for word in (random_word(letters, 9), random_word(letters, 4)):
            compare(word, ranks, by_hand(word, ranks))


@after("test_a_list_of_bytes")
def test_nothing_else_happens():
    """The dict stays as it was, no random number is drawn, and the same call gives the same answer."""
    ranks = dict(EXAMPLE)
    with rng_unchanged():
        answers = [bpe_encode(b"abcd", ranks) for _ in range(2)]
    assert ranks == EXAMPLE, "your code changes ranks"
    for tokens in answers:
        assert tokens == [b"abc", b"d"], f"the same call again gives other tokens: {tokens}"


def compare(word, ranks, expected):
    """The tokens, with what was encoded."""
    tokens = bpe_encode(word, dict(ranks))
    assert tokens == expected, f"{word!r} has the tokens {expected}, got {tokens} (ranks {ranks})"


def random_word(letters, longest):
    """Between one and so many of the letters."""
    length = torch.randint(1, longest + 1, ()).item()
    return bytes(letters[i] for i in torch.randint(len(letters), (length,)))


def learned(words, number):
    """Ranks that begin at 7 and have gaps: each pair is made of single bytes or of earlier pairs."""
    ranks = {}
    for rank in range(7, 7 + 3 * number, 3):
        tokens = [by_hand(word, ranks) for word in words]
        pairs = sorted({pair for parts in tokens for pair in pairwise(parts)})
        pairs = [pair for pair in pairs if b"".join(pair) not in {b"".join(old) for old in ranks}]
        if not pairs:
            break
        ranks[pairs[torch.randint(len(pairs), ()).item()]] = rank
    return dict(reversed(ranks.items()))


def by_hand(word, ranks):
    """The definition: edges between symbols are kept as positions."""
    edges = list(range(len(word) + 1))
    while True:
        spans = list(zip(edges, edges[1:], edges[2:], strict=False))
        known = [ranks[word[a:b], word[b:c]] for a, b, c in spans if (word[a:b], word[b:c]) in ranks]
        if not known:
            return [word[a:b] for a, b in pairwise(edges)]
        place = 0
        while place + 2 < len(edges):
            a, b, c = edges[place : place + 3]
            if ranks.get((word[a:b], word[b:c])) == min(known):
                del edges[place + 1]
            place += 1
