"""A sequence's log-probability sums those of its response tokens, each predicted by the logits before it.

Letters: sequences B, length T, vocabulary V. Expected values are loops over plain floats, computed before
the call.
"""

import math

import pytest
import torch
from submission import sequence_logprobs

from ml_katas.testing import after, assert_close, assert_shape, rng_unchanged, unchanged

SIZES = [(3, 5, 7), (2, 6, 4), (4, 4, 4), (3, 2, 4), (1, 2, 3), (2, 9, 2)]


def test_one_number_per_sequence():
    """The result is (B,)."""
    for batch, length, words in SIZES:
        assert_shape(sequence_logprobs(*drawn(batch, length, words)), (batch,), label="result")


@after("test_one_number_per_sequence")
def test_worked_example():
    """The example of the brief comes out as written."""
    logits = torch.tensor([[[5.0, 0.0], [0.0, math.log(3)], [0.0, 9.0]]])
    result = sequence_logprobs(logits, torch.tensor([[0, 1, 1]]), torch.tensor([[0, 0, 1]]).bool())
    assert_close(result, torch.tensor([math.log(0.75)]).double(), label="result")


@after("test_one_number_per_sequence")
@pytest.mark.parametrize(("batch", "length", "words"), SIZES)
def test_the_result_is_the_definition(batch, length, words):
    """Each sum runs over the response tokens, with the logits one position before."""
    logits, tokens, mask = drawn(batch, length, words)
    expected = by_hand(logits, tokens, mask)
    assert_close(sequence_logprobs(logits, tokens, mask), expected, label="result", rtol=1e-5, atol=1e-5)


@after("test_one_number_per_sequence")
@pytest.mark.parametrize("place", [1, 3, 5])
def test_the_mask_belongs_to_the_tokens(place):
    """A single True counts the token at its own position, at both ends too."""
    logits, tokens, _ = drawn(2, 6, 5)
    mask = torch.zeros(2, 6).bool()
    mask[:, place] = True
    expected = by_hand(logits, tokens, mask)
    assert_close(sequence_logprobs(logits, tokens, mask), expected, label="result", rtol=1e-5, atol=1e-5)


@after("test_the_result_is_the_definition")
def test_the_first_token_never_counts():
    """The first token has no logits before it: its mask changes nothing.

    Pins: "never counts, whatever its mask says".
    """
    logits, tokens, mask = drawn(3, 5, 4)
    mask[:, 0] = True
    expected = by_hand(logits, tokens, mask)
    assert_close(sequence_logprobs(logits, tokens, mask), expected, label="result", rtol=1e-5, atol=1e-5)


@after("test_the_mask_belongs_to_the_tokens")
@pytest.mark.parametrize("what", [math.nan, math.inf, -math.inf], ids=str)
def test_masked_logits_do_not_matter(what):
    """Logits that predict nothing of the response may be anything, and get the gradient 0."""
    logits, tokens, mask = drawn(3, 6, 4)
    expected = by_hand(logits, tokens, mask)
    used = torch.cat([mask[:, 1:], torch.zeros(3, 1).bool()], dim=1)
    logits[~used] = what
    logits.requires_grad_()
    result = sequence_logprobs(logits, tokens, mask)
    assert_close(result, expected, label="result", rtol=1e-5, atol=1e-5)
    result.sum().backward()
    assert logits.grad.isfinite().all(), "the gradient of the logits is finite everywhere"
    assert not logits.grad[~used].any(), "logits that predict nothing of the response have the gradient 0"


@after("test_one_number_per_sequence")
@pytest.mark.parametrize("case", ["no response", "a single token", "no sequence"])
def test_nothing_to_sum(case):
    """No response, a sequence of one token and no sequence at all give sums of 0."""
    batch, length = {"no response": (3, 5), "a single token": (2, 1), "no sequence": (0, 4)}[case]
    logits, tokens, mask = drawn(batch, length, 4)
    result = sequence_logprobs(logits, tokens, mask & (case != "no response"))
    assert_close(result, torch.zeros(batch).double(), label="result")


@after("test_the_result_is_the_definition")
@pytest.mark.parametrize("offset", [1000.0, -1000.0])
def test_extreme_logits(offset):
    """Logits near 1000 do not overflow, and a log-probability of -1000 is no minus infinity."""
    logits = torch.tensor([[[offset, offset + 1, 0.0], [0.0, 1000.0, 1.0], [0.0, 0.0, 0.0]]])
    tokens, mask = torch.tensor([[2, 0, 0]]), torch.ones(1, 3).bool()
    expected = by_hand(logits, tokens, mask)
    assert_close(sequence_logprobs(logits, tokens, mask), expected, label="result", rtol=1e-5)


@after("test_the_result_is_the_definition")
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
def test_half_precision_is_computed_in_float32(dtype):
    """float16 and bfloat16 logits give a float32 result with the precision of float32."""
    logits, tokens, mask = drawn(3, 60, 5)
    logits = logits.to(dtype)
    expected = by_hand(logits, tokens, mask)
    result = sequence_logprobs(logits, tokens, mask)
    assert result.dtype == torch.float32, f"logits of {dtype} give a float32 result, got {result.dtype}"
    assert_close(result, expected, label="result", rtol=1e-5, atol=1e-4)


@after("test_the_result_is_the_definition")
def test_float64_keeps_its_precision():
    """float64 keeps its dtype and its last digits."""
    logits, tokens, mask = drawn(3, 6, 5)
    logits = logits.double()
    expected = by_hand(logits, tokens, mask)
    result = sequence_logprobs(logits, tokens, mask)
    assert_close(result, expected, label="result", dtype=torch.float64, rtol=1e-12, atol=1e-12)


@after("test_the_mask_belongs_to_the_tokens")
@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16], ids=str)
def test_the_gradient(dtype):
    """The logits receive one-hot minus softmax where they predict a response token."""
    logits, tokens, mask = drawn(3, 6, 5)
    logits, worth = logits.to(dtype), torch.randn(3).to(dtype)
    expected = torch.zeros(3, 6, 5).double()
    for b in range(3):
        for t in range(1, 6):
            if mask[b, t]:
                powers = logits[b, t - 1].double().exp()
                expected[b, t - 1] = -powers / powers.sum() * worth[b].double()
                expected[b, t - 1, tokens[b, t]] += worth[b].double()
    leaf = logits.clone().requires_grad_()
    (sequence_logprobs(leaf, tokens, mask) * worth).sum().backward()
    assert leaf.grad is not None, "no gradient reaches the logits"
    assert_close(leaf.grad, expected, label="gradient of the logits")


@after("test_the_result_is_the_definition")
def test_arguments_may_be_non_contiguous():
    """The arguments may have any memory layout.

    Pins: "may have any memory layout".
    """
    logits, tokens, mask = drawn(3, 6, 5)
    logits = logits.transpose(0, 2).contiguous().transpose(0, 2)
    tokens, mask = tokens.T.contiguous().T, mask.T.contiguous().T
    expected = by_hand(logits, tokens, mask)
    assert_close(sequence_logprobs(logits, tokens, mask), expected, label="result", rtol=1e-5, atol=1e-5)


@after("test_one_number_per_sequence")
def test_nothing_else_happens():
    """The arguments stay as they were, no random number is drawn, the same call gives the same answer."""
    logits, tokens, mask = drawn(3, 6, 5)
    expected = by_hand(logits, tokens, mask)
    with unchanged(logits, tokens, mask), rng_unchanged():
        answers = [sequence_logprobs(logits, tokens, mask) for _ in range(2)]
    for result in answers:
        assert_close(result, expected, label="result", rtol=1e-5, atol=1e-5)


def drawn(batch, length, words):
    """Logits, tokens, and a mask with a prompt before the response and now and then padding behind."""
    mask = torch.zeros(batch, length).bool()
    for row in mask:
        begin = int(torch.randint(1, max(length, 2), ()))
        end = int(torch.randint(begin, length + 1, ())) if begin < length else length
        row[begin : max(end, begin + 1)] = True
    return 2 * torch.randn(batch, length, words), torch.randint(words, (batch, length)), mask


def by_hand(logits, tokens, mask):
    """The definition, token by token, in plain floats."""
    sums = []
    for z, x, m in zip(logits.double().tolist(), tokens.tolist(), mask.tolist(), strict=True):
        total = 0.0
        for t in range(1, len(x)):
            if m[t]:
                top = max(z[t - 1])
                total += z[t - 1][x[t]] - top - math.log(sum(math.exp(v - top) for v in z[t - 1]))
        sums.append(total)
    return torch.tensor(sums, dtype=torch.float64)
