"""The result is the best of all that ended, and of what lives at the end, by sum over length.

Models are tables of logits by position and last token. Expected values are a search over plain lists, in
the three ways that libraries have of ending hypotheses; only models on which they agree are used.
"""

import math

import pytest
import torch
from submission import beam_search

from ml_katas.testing import after, assert_close, rng_unchanged, spy

INF = math.inf


def test_tokens_and_a_score():
    """The result is a list of ints, without bos, and a float."""
    result = beam_search(follow([[[0.1, 0.1, 0.8]] * 3] * 2), 0, 1, 2, 2)
    assert isinstance(result, tuple), f"the result is (tokens, score), got a {type(result).__name__}"
    tokens, score = result
    assert isinstance(tokens, list), f"the tokens are a list, got a {type(tokens).__name__}"
    assert all(type(token) is int for token in tokens), f"the tokens are ints, got {tokens}"
    assert isinstance(score, float), f"the score is a float, got a {type(score).__name__}"


@after("test_tokens_and_a_score")
def test_worked_example():
    """The example of the brief comes out as written."""
    first = [[0.0, 0.0, 0.6, 0.4]] * 4
    second = [[0.25] * 4, [0.25] * 4, [0.3, 0.4, 0.0, 0.3], [0.1, 0.9, 0.0, 0.0]]
    compare(beam_search(follow([first, second]), 0, 1, 2, 2), ([3, 1], math.log(0.36)))


@after("test_tokens_and_a_score")
@pytest.mark.parametrize("beam", [2, 3, 5])
def test_beams_compete(beam):
    """The best extensions live on, even if all come from one hypothesis."""
    first = [[0.0, 0.0, 0.9, 0.05, 0.05]] * 5
    second = [[0.2] * 5, [0.2] * 5, [0.0, 0.0, 0.1, 0.45, 0.45], [0.0, 0.0, 0.9, 0.05, 0.05], [0.2] * 5]
    third = [[0.2] * 5, [0.2] * 5, [0.01, 0.01, 0.9, 0.07, 0.01], [0.05, 0.3, 0.3, 0.2, 0.15]]
    third.append([0.02, 0.9, 0.02, 0.04, 0.02])
    tables = [first, second, third]
    compare(beam_search(follow(tables), 0, 1, beam, 3), expected(tables, beam, 3))


@after("test_tokens_and_a_score")
@pytest.mark.parametrize(("beam", "max_len"), [(2, 3), (3, 4), (4, 2), (1, 3), (2, 6)])
@pytest.mark.parametrize("vocabulary", [4, 7])
def test_random_models(vocabulary, beam, max_len):
    """For random models the result is that of the definition."""
    for tables, right in drawn(vocabulary, beam, max_len, 0.0):
        compare(beam_search(follow(tables), 0, 1, beam, max_len), right)


@after("test_worked_example")
def test_finished_hypotheses_stay_finished():
    """A hypothesis that ended is not extended, however likely the tokens after its end are."""
    first = [[0.0, 0.5, 0.3, 0.2]] * 4
    second = [[0.25] * 4, [0.0, 0.02, 0.96, 0.02], [0.1, 0.2, 0.3, 0.4], [0.1, 0.2, 0.3, 0.4]]
    tables = [first, second, second]
    compare(beam_search(follow(tables), 0, 1, 2, 3), expected(tables, 2, 3))
    compare(beam_search(follow(tables), 0, 1, 2, 3, 5.0), expected(tables, 2, 3, 5.0))


@after("test_worked_example")
def test_the_first_end_stops_nothing():
    """When a hypothesis has ended, the others go on and may win; several ends are no reason to stop."""
    first = [[0.0, 0.06, 0.5, 0.44]] * 4
    second = [[0.25] * 4, [0.25] * 4, [0.0, 0.1, 0.5, 0.4], [0.0, 0.14, 0.43, 0.43]]
    third = [[0.25] * 4, [0.25] * 4, [0.0, 0.98, 0.01, 0.01], [0.0, 0.5, 0.25, 0.25]]
    tables = [first, second, third]
    compare(beam_search(follow(tables), 0, 1, 2, 3), expected(tables, 2, 3))


@after("test_worked_example")
def test_finished_hypotheses_are_not_forgotten():
    """An early end with a high score wins over later and worse ones."""
    first = [[0.0, 0.5, 0.26, 0.24]] * 4
    second = [[0.25] * 4, [0.25] * 4, [0.1, 0.5, 0.2, 0.2], [0.1, 0.3, 0.3, 0.3]]
    tables = [first, second, second]
    compare(beam_search(follow(tables), 0, 1, 2, 3), ([1], math.log(0.5)))


@after("test_worked_example")
@pytest.mark.parametrize("length_penalty", [1.0, 0.6, -1.0, 2.0])
def test_the_length_penalty(length_penalty):
    """Scores are sums over a power of the length, in which eos counts and bos does not."""
    for tables, right in drawn(5, 3, 4, length_penalty):
        compare(beam_search(follow(tables), 0, 1, 3, 4, length_penalty=length_penalty), right)


@after("test_worked_example")
@pytest.mark.parametrize("max_len", [1, 2, 4])
def test_hypotheses_that_do_not_end(max_len):
    """What still lives at the end counts like what is finished."""
    tables = [[[0.0, 0.04, 0.26, 0.7], [0.25] * 4, [0.0, 0.04, 0.9, 0.06], [0.0, 0.04, 0.06, 0.9]]] * max_len
    compare(
        beam_search(follow(tables), 0, 1, 2, max_len), ([3] * max_len, math.log(0.7 * 0.9 ** (max_len - 1)))
    )


@after("test_worked_example")
@pytest.mark.parametrize("beam", [1, 3, 50])
def test_impossible_tokens_and_wide_beams(beam):
    """Tokens may be impossible, and a beam wider than all there is takes what there is."""
    only = [[0.0, 0.1, 0.9, 0.0], [0.0, 0.0, 1.0, 0.0], [0.0, 0.2, 0.3, 0.5], [0.0, 0.9, 0.1, 0.0]]
    tables = [only] * 3
    compare(beam_search(follow(tables), 0, 1, beam, 3), expected(tables, beam, 3))


@after("test_worked_example")
def test_other_names_for_the_ends():
    """bos and eos may be any two tokens.

    Pins: "two tokens".
    """
    first = [[0.5, 0.0, 0.5 - 1e-3, 1e-3]] * 4
    second = [[0.1, 0.3, 0.2, 0.4], [0.25] * 4, [0.05, 0.05, 0.2, 0.7], [0.25] * 4]
    compare(beam_search(follow([first, second]), 1, 3, 2, 2), ([2, 3], math.log((0.5 - 1e-3) * 0.7)))


@after("test_worked_example")
def test_one_call_a_round():
    """step is called once a round with all that lives, bos included, and at most max_len times."""
    _, shapes = None, []
    tables = [[[0.1, 0.1, 0.3, 0.28, 0.22]] * 5] * 4

    def step(tokens):
        shapes.append(tuple(tokens.shape))
        assert (tokens[:, 0] == 0).all(), f"every hypothesis begins with bos, got {tokens.tolist()}"
        return follow(tables)(tokens)

    watched = spy(step)
    beam_search(watched, 0, 1, 3, 4)
    assert watched.calls <= 4, f"at most 4 calls for 4 tokens, got {watched.calls}"
    lengths = [length for _, length in shapes]
    assert lengths == list(range(1, len(shapes) + 1)), f"each call has one token more, got {shapes}"
    assert shapes[0][0] == 1, f"at first one hypothesis lives, got {shapes[0][0]}"
    assert all(number <= 3 for number, _ in shapes), f"at most 3 hypotheses live, got {shapes}"


@after("test_tokens_and_a_score")
def test_nothing_else_happens():
    """No random number is drawn, and the same call gives the same answer."""
    (tables, right), *_ = drawn(5, 2, 3, 0.0)
    with rng_unchanged():
        answers = [beam_search(follow(tables), 0, 1, 2, 3) for _ in range(2)]
    for answer in answers:
        compare(answer, right)


def compare(result, right):
    """First the tokens, then their score."""
    tokens, score = result
    assert tokens == right[0], f"the tokens are {right[0]}, got {tokens}"
    score, wanted = torch.tensor(score, dtype=torch.float64), torch.tensor(right[1], dtype=torch.float64)
    assert_close(score, wanted, label="score", rtol=1e-9, atol=1e-9)


def follow(tables):
    """A model from tables of probabilities: one for each position, a row for each last token."""
    logs = torch.tensor(tables, dtype=torch.float64).log()
    return lambda tokens: logs[tokens.shape[1] - 1, tokens[:, -1]]


def drawn(vocabulary, beam, max_len, length_penalty):
    """Three random models, with results, on which all ways of ending agree."""
    found = []
    for _ in range(300):
        tables = torch.softmax(2 * torch.randn(max_len, vocabulary, vocabulary).double(), dim=2).tolist()
        results = [
            searched(tables, beam, max_len, length_penalty, way) for way in ("apart", "among", "twice")
        ]
        if results[0] == results[1] == results[2]:
            found.append((tables, results[0]))
        if len(found) == 3:
            break
    return found


def expected(tables, beam, max_len, length_penalty=0.0):
    """The result of the definition, which must be the same in all ways of ending."""
    results = [searched(tables, beam, max_len, length_penalty, way) for way in ("apart", "among", "twice")]
    assert results[0] == results[1] == results[2], "this model does not suit the brief: ways of ending differ"
    return results[0]


def searched(tables, beam, max_len, length_penalty, way):
    """Beam search over lists, from bos 0 to eos 1.

    Ends take no place ("apart"), or one of the best ("among"), or one of twice as many ("twice").
    """
    live, finished = [([], 0.0)], []
    for length in range(1, max_len + 1):
        extended = []
        for tokens, total in live:
            row = tables[length - 1][tokens[-1] if tokens else 0]
            extended += [
                ([*tokens, token], total + math.log(p) if p else -INF) for token, p in enumerate(row)
            ]
        extended.sort(key=lambda hypothesis: -hypothesis[1])
        if way != "apart":
            extended = extended[: beam if way == "among" else 2 * beam]
        for rank, (tokens, total) in enumerate(extended):
            if tokens[-1] == 1 and (way != "twice" or rank < beam):
                finished.append((tokens, total / length**length_penalty))
        live = [hypothesis for hypothesis in extended if hypothesis[0][-1] != 1][:beam]
    ends = finished + [(tokens, total / max_len**length_penalty) for tokens, total in live]
    return max(ends, key=lambda end: end[1])
