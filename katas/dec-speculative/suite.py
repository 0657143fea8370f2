"""Guesses are kept up to the first that is turned down; one token is drawn, from residual or last row.

Letters: guesses K, vocabulary V. What is drawn is checked by distributions of one token, and by counting.
"""

import pytest
import torch
from submission import verify

from ml_katas.testing import after, assert_close, rng_unchanged, unchanged


def test_a_list_of_ints():
    """The result is a list of at least one int."""
    for guesses in (0, 1, 3):
        q = torch.tensor([[0.4, 0.3, 0.2, 0.1]] * guesses).reshape(guesses, 4)
        tokens = call(uniform(guesses + 1, 4), q, [0] * guesses, [0.5] * guesses)
        assert isinstance(tokens, list), f"the result is a list, got a {type(tokens).__name__}"
        assert tokens, "at least one token is returned"
        for token in tokens:
            assert type(token) is int, f"each token is an int, got a {type(token).__name__}"


@after("test_a_list_of_ints")
def test_worked_example():
    """The example of the brief comes out as written."""
    p = torch.tensor([[0.3, 0.5, 0.2], [0.0, 1.0, 0.0], [0.0, 1.0, 0.0]])
    q = torch.tensor([[0.5, 0.5, 0.0], [0.0, 0.5, 0.5]])
    compare(call(p, q, [0, 1], [0.7, 0.1]), [2], "with u = 0.7")
    compare(call(p, q, [0, 1], [0.5, 0.1]), [0, 1, 1], "with u = 0.5")


@after("test_a_list_of_ints")
@pytest.mark.parametrize("guesses", [1, 2, 4])
def test_all_are_kept(guesses):
    """Where the ratio is 1 or more, every guess is kept, and one token of the last row follows."""
    q = uniform(guesses, 5)
    p = torch.cat([q, one_hot([3], 5)])
    draft = torch.randint(5, (guesses,)).tolist()
    compare(call(p, q, draft, [0.999] * guesses), [*draft, 3], "where both models agree")
    p[:-1] = one_hot(draft, 5)
    compare(call(p, q, draft, [0.999] * guesses), [*draft, 3], "where the large model is sure of the guesses")


@after("test_a_list_of_ints")
@pytest.mark.parametrize("place", [0, 1, 3])
def test_stops_at_the_first_that_is_turned_down(place):
    """At the first guess that is turned down another token comes, and nothing after it."""
    draft, other = [0, 1, 2, 3], 4
    p, q = one_hot([*draft, 0], 5), one_hot(draft, 5)
    p[place] = one_hot([other], 5)[0]
    compare(call(p, q, draft, [0.5] * 4), [*draft[:place], other], f"with guess {place} impossible")


@after("test_a_list_of_ints")
@pytest.mark.parametrize(
    ("mine", "its", "u", "kept"),
    [(0.5, 0.25, 0.51, False), (0.5, 0.25, 0.49, True), (0.8, 0.2, 0.3, False), (0.8, 0.2, 0.2, True)],
)
def test_the_ratio_decides(mine, its, u, kept):
    """A guess is kept where u is below the large model's probability over the small one's."""
    p = torch.tensor([[its, 1 - its, 0.0], [0.0, 0.0, 1.0]])
    q = torch.tensor([[mine, 1 - mine, 0.0]])
    expected = [0, 2] if kept else [1]
    compare(call(p, q, [0], [u]), expected, f"with the ratio {its / mine} and u = {u}")


@after("test_all_are_kept", "test_stops_at_the_first_that_is_turned_down")
def test_both_ends():
    """A ratio of 0 is turned down even by u = 0, and a tiny one kept by it."""
    q = torch.tensor([[0.5, 0.5, 0.0]])
    never, tiny = [0.0, 0.0, 1.0], [1e-6, 0.0, 1 - 1e-6]
    last = [0.0, 1.0, 0.0]
    compare(call(torch.tensor([never, last]), q, [0], [0.0]), [2], "with p = 0 and u = 0")
    compare(call(torch.tensor([tiny, last]), q, [0], [0.0]), [0, 1], "with a tiny p and u = 0")


@after("test_a_list_of_ints")
def test_no_guesses():
    """Without guesses one token is drawn from the large model."""
    compare(call(one_hot([2], 5), torch.zeros(0, 5), [], []), [2], "with K = 0")


@after("test_stops_at_the_first_that_is_turned_down")
def test_the_replacement_is_never_what_the_small_model_likes_more():
    """A replacement has more probability in the large model than in the small one."""
    p = torch.tensor([[0.05, 0.55, 0.3, 0.1], [0.25, 0.25, 0.25, 0.25]])
    q = torch.tensor([[0.6, 0.1, 0.3, 0.0]])
    for seed in range(40):
        tokens = call(p, q, [0], [0.9], seed)
        assert len(tokens) == 1, f"the guess is replaced, and nothing follows; got {tokens}"
        assert tokens[0] in (1, 3), f"only tokens 1 and 3 have p above q, got {tokens[0]}"


@after("test_the_replacement_is_never_what_the_small_model_likes_more")
def test_replacements_are_distributed_as_the_residual():
    """Among many replacements each token is as frequent as p' says."""
    p = torch.tensor([[0.0, 0.3, 0.5, 0.2], [0.25, 0.25, 0.25, 0.25]])
    q = torch.tensor([[0.6, 0.2, 0.1, 0.1]])
    expected = torch.tensor([0.0, 1, 4, 1], dtype=torch.float64) / 6
    counts = torch.zeros(4, dtype=torch.float64)
    for seed in range(400):
        counts[call(p, q, [0], [0.9], seed)[0]] += 1
    assert_close(counts / 400, expected, label="share of each replacement", atol=0.12, rtol=0)


@after("test_all_are_kept")
def test_the_token_on_top_is_distributed_as_the_last_row():
    """Among many calls that keep all, the token on top is as frequent as the last row says."""
    p = torch.tensor([[0.5, 0.5, 0.0, 0.0], [0.1, 0.2, 0.4, 0.3]])
    counts = torch.zeros(4, dtype=torch.float64)
    for seed in range(400):
        counts[call(p, p[:1], [1], [0.9], seed)[1]] += 1
    assert_close(counts / 400, p[1].double(), label="share of each token on top", atol=0.12, rtol=0)


@after("test_the_ratio_decides", "test_the_replacement_is_never_what_the_small_model_likes_more")
def test_the_text_is_that_of_the_large_model():
    """With guesses from the small model, the first token is distributed as the large model says.

    Pins: "distributed **exactly** as if the large model alone had written it".
    """
    p, q = torch.tensor([[0.1, 0.5, 0.3, 0.1]] * 2), torch.tensor([[0.4, 0.1, 0.3, 0.2]])
    guesses, u = torch.multinomial(q[0], 400, replacement=True).tolist(), torch.rand(400).tolist()
    counts = torch.zeros(4, dtype=torch.float64)
    for seed, (guess, level) in enumerate(zip(guesses, u, strict=True)):
        counts[call(p, q, [guess], [level], seed)[0]] += 1
    assert_close(counts / 400, p[0].double(), label="share of each first token", atol=0.12, rtol=0)


@after("test_a_list_of_ints")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_nothing_else_happens(dtype):
    """The tensors may have any memory layout and stay as they were; only the generator given is used."""
    p, q = uniform(3, 4, dtype).T.contiguous().T, uniform(2, 4, dtype).T.contiguous().T
    draft, u = torch.tensor([1, 9, 2, 9])[::2], torch.tensor([0.99, 0.0, 0.98, 0.0]).to(dtype)[::2]
    with unchanged(p, q, draft, u), rng_unchanged():
        answers = [verify(p, q, draft, u, torch.Generator().manual_seed(3)) for _ in range(3)]
    assert answers[0] == answers[1] == answers[2], "generators that stand alike must give the same tokens"


def call(p, q, draft, u, seed=0):
    """The tokens, with a generator of this seed."""
    guesses, levels = torch.tensor(draft, dtype=torch.int64), torch.tensor(u, dtype=p.dtype)
    return verify(p, q, guesses, levels, torch.Generator().manual_seed(seed))


def compare(tokens, expected, when):
    """All tokens."""
    assert tokens == expected, f"{when} the tokens are {expected}, got {tokens}"


def one_hot(tokens, vocabulary):
    """A row for each token, which is certain."""
    return torch.nn.functional.one_hot(torch.tensor(tokens), vocabulary).float()


def uniform(rows, vocabulary, dtype=torch.float32):
    """Rows in which all tokens have the same probability."""
    return torch.full((rows, vocabulary), 1 / vocabulary, dtype=dtype)
