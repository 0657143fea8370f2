"""The pairs are those that count most, the greatest of equals, round by round.

Expected values are the definition over positions, computed before the call.
"""

import pytest
import torch
from submission import train_bpe

from ml_katas.testing import after, rng_unchanged


def test_pairs_of_bytes():
    """The result is a list of tuples of two bytes objects."""
    merges = train_bpe({b"hello": 2, b"yellow": 1}, 3)
    assert isinstance(merges, list), f"the result is a list, got a {type(merges).__name__}"
    assert len(merges) == 3, f"three merges were asked for and possible, got {len(merges)}"
    for pair in merges:
        assert isinstance(pair, tuple), f"each entry is a tuple, got a {type(pair).__name__}"
        assert [type(part) for part in pair] == [bytes, bytes], (
            f"a pair is of two bytes objects, got {pair!r}"
        )


@after("test_pairs_of_bytes")
def test_worked_example():
    """The example of the brief comes out as written, and ends when no pair is left."""
    compare({b"abab": 2, b"abc": 3}, 10, [(b"a", b"b"), (b"ab", b"c"), (b"ab", b"ab")])


@after("test_pairs_of_bytes")
def test_words_count_as_often_as_they_occur():
    """A pair in one frequent word beats a pair in several rare ones."""
    compare({b"xy": 1, b"zxy": 1, b"ab": 5}, 1, [(b"a", b"b")])


@after("test_pairs_of_bytes")
def test_a_pair_counts_at_every_place():
    """A pair counts at each place of a word, overlapping ones too."""
    compare({b"abab": 2, b"cd": 3}, 1, [(b"a", b"b")])
    compare({b"aaa": 2, b"cd": 3}, 1, [(b"a", b"a")])


@after("test_pairs_of_bytes")
@pytest.mark.parametrize("names", ["bdac", "acbd", "dbca"])
def test_the_greatest_of_equals_wins(names):
    """Of pairs that count alike the greatest is chosen, in whatever order words stand in the dict."""
    first, second = names[:2].encode(), names[2:].encode()
    expected = sorted([tuple(bytes([b]) for b in word) for word in (first, second)], reverse=True)
    compare({first: 4, second: 4}, 2, expected)


@after("test_the_greatest_of_equals_wins")
def test_ties_compare_the_first_symbols_first():
    """Of two pairs that join to the same text, the one with the greater first symbol wins."""
    words = {b"ab": 9, b"bc": 8, b"xabc": 1, b"bcd": 1}
    expected = by_hand(words, 6)
    compare(words, 6, expected)
    words = {b"yz": 20, b"xy": 20, b"xyz": 6, b"qq": 30}
    compare(words, 4, by_hand(words, 4))


@after("test_words_count_as_often_as_they_occur")
def test_merged_from_the_left():
    """In a row of equal symbols pairs are merged from the left, each symbol once."""
    compare({b"aaab": 5}, 3, [(b"a", b"a"), (b"aa", b"a"), (b"aaa", b"b")])
    compare({b"aaaaa": 5}, 3, [(b"a", b"a"), (b"aa", b"aa"), (b"aaaa", b"a")])


@after("test_words_count_as_often_as_they_occur")
def test_merged_at_every_place():
    """A pair is merged wherever it stands in a word, not only the first time."""
    compare({b"abxab": 5}, 3, [(b"a", b"b"), (b"x", b"ab"), (b"ab", b"xab")])


@after("test_words_count_as_often_as_they_occur")
def test_counts_follow_merges():
    """After a merge the pairs of its neighbours are counted anew."""
    compare({b"abc": 6, b"bd": 2, b"bc": 3}, 3, [(b"b", b"c"), (b"a", b"bc"), (b"b", b"d")])


@after("test_words_count_as_often_as_they_occur")
def test_pairs_stay_within_words():
    """No pair reaches from one word into the next."""
    compare({b"a": 9, b"b": 9, b"cd": 1}, 3, [(b"c", b"d")])


@after("test_words_count_as_often_as_they_occur")
def test_symbols_inside_others_stay():
    """A pair is of whole symbols: where they are parts of longer ones, nothing is merged."""
    words = {b"xa": 9, b"xab": 5, b"ab": 7}
    compare(words, 3, by_hand(words, 3))
    words = {b"ba": 9, b"abab": 4, b"a b": 3, b"cab": 2}
    compare(words, 5, by_hand(words, 5))


@after("test_words_count_as_often_as_they_occur")
def test_words_of_any_bytes():
    """Words may contain spaces, zeros and bytes beyond ASCII, and may be empty."""
    words = {b"": 8, b" ": 7, b"a  b": 3, "über".encode(): 5, b"\x00\xff\x00\xff": 2, b"\n\t": 1}
    compare(words, 20, by_hand(words, 20))


@after("test_pairs_of_bytes")
@pytest.mark.parametrize("words", [{}, {b"": 3}, {b"a": 2, b"b": 1}, {b"xy": 1}], ids=repr)
def test_no_pair_is_left(words):
    """Where no pair is left the list ends early; one that counts 1 is still taken."""
    compare(words, 3, by_hand(words, 3))


@after("test_pairs_of_bytes")
def test_no_merges():
    """Without merges the list is empty.

    Pins: "how many pairs to learn, at least 0".
    """
    compare({b"ab": 1}, 0, [])


@after("test_worked_example")
@pytest.mark.parametrize("letters", [b"ab", b"abc", b"abcdefgh"])
def test_random_words(letters):
    """Random words of few letters, where ties and overlaps are frequent, give the definition's pairs."""
    for _ in range(4):
        lengths, times = torch.randint(1, 8, (12,)).tolist(), torch.randint(1, 5, (12,)).tolist()
        words = {
            bytes(letters[i] for i in torch.randint(len(letters), (length,))): n
            for length, n in zip(lengths, times, strict=True)
        }
        compare(words, 12, by_hand(words, 12))


@after("test_pairs_of_bytes")
def test_nothing_else_happens():
    """The dict stays as it was, no random number is drawn, and the same call gives the same answer."""
    words = {b"abab": 2, b"abc": 3}
    with rng_unchanged():
        answers = [train_bpe(words, 2) for _ in range(2)]
    assert words == {b"abab": 2, b"abc": 3}, "your code changes words"
    for merges in answers:
        assert merges == [(b"a", b"b"), (b"ab", b"c")], f"the same call again gives other pairs: {merges}"


def compare(words, num_merges, expected):
    """First how many pairs, then each of them."""
    merges = train_bpe(dict(words), num_merges)
    for place, (pair, right) in enumerate(zip(merges, expected, strict=False), start=1):
        assert pair == right, f"pair {place} should be {right}, got {pair} (words {words})"
    assert len(merges) == len(expected), f"{len(expected)} pairs can be learned, got {len(merges)}"


def by_hand(words, num_merges):
    """The definition: cuts between symbols are kept as sets of positions."""
    cuts = {word: list(range(len(word) + 1)) for word in words}
    merges = []
    for _ in range(num_merges):
        counts = {}
        for word, edges in cuts.items():
            for a, b, c in zip(edges, edges[1:], edges[2:], strict=False):
                counts[word[a:b], word[b:c]] = counts.get((word[a:b], word[b:c]), 0) + words[word]
        if not counts:
            break
        most = max(counts.values())
        best = sorted(pair for pair, count in counts.items() if count == most)[-1]
        merges.append(best)
        for word, edges in cuts.items():
            place = 0
            while place + 2 < len(edges):
                a, b, c = edges[place : place + 3]
                if (word[a:b], word[b:c]) == best:
                    del edges[place + 1]
                place += 1
    return merges
