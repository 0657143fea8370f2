"""The loss is the mean over all marked tokens of their negative log-probability, predicted one before.

Letters: sequences B, length T, vocabulary V. Expected values are loops over plain floats, computed before
the call.
"""

import math

import pytest
import torch
from submission import lm_loss

from ml_katas.testing import after, assert_close, assert_shape, rng_unchanged, unchanged

SIZES = [(3, 5, 7), (2, 6, 4), (4, 4, 4), (3, 2, 4), (1, 3, 2)]


def test_returns_one_number():
    """The loss is a tensor of no axes."""
    for size in SIZES:
        assert_shape(lm_loss(*drawn(*size)), (), label="loss")


@after("test_returns_one_number")
def test_worked_example():
    """The example of the brief comes out as written."""
    logits = torch.tensor([[[0.0, math.log(3)], [0.0, 0.0], [9.0, 0.0], [5.0, 1.0]]])
    loss = lm_loss(logits, torch.tensor([[0, 1, 1, 0]]), torch.tensor([[1, 1, 1, 0]]).bool())
    assert_close(loss, torch.tensor(0.490415, dtype=torch.float64), label="loss", atol=1e-5)


@after("test_returns_one_number")
@pytest.mark.parametrize(("batch", "length", "words"), SIZES)
def test_the_loss_is_the_definition(batch, length, words):
    """The loss is the mean over the marked tokens, each with the logits one position before."""
    logits, tokens, mask = drawn(batch, length, words)
    expected = by_hand(logits, tokens, mask)
    assert_close(lm_loss(logits, tokens, mask), expected, label="loss")


@after("test_returns_one_number")
@pytest.mark.parametrize("place", [1, 3, 5])
def test_the_mask_belongs_to_the_tokens(place):
    """A single True counts the token at its own position, at both ends too."""
    logits, tokens, _ = drawn(2, 6, 5)
    mask = torch.zeros(2, 6).bool()
    mask[1, place] = True
    expected = by_hand(logits, tokens, mask)
    assert_close(lm_loss(logits, tokens, mask), expected, label="loss")


@after("test_returns_one_number")
def test_all_tokens_weigh_the_same():
    """A sequence with many marked tokens counts more than one with few."""
    logits, tokens, _ = drawn(2, 8, 4)
    mask = torch.zeros(2, 8).bool()
    mask[0, 1:], mask[1, 3] = True, True
    expected = by_hand(logits, tokens, mask)
    assert_close(lm_loss(logits, tokens, mask), expected, label="loss of 7 tokens and 1 token")


@after("test_returns_one_number")
def test_rows_do_not_run_into_each_other():
    """The last logits of a sequence say nothing of the next one's first token."""
    logits, tokens, _ = drawn(3, 4, 5)
    mask = torch.ones(3, 4).bool()
    expected = by_hand(logits, tokens, mask)
    logits[:, -1] = 50 * torch.randn(3, 5)
    assert_close(lm_loss(logits, tokens, mask), expected, label="loss")


@after("test_returns_one_number")
@pytest.mark.parametrize("case", ["nothing marked", "only first tokens", "one token each"])
def test_nothing_to_predict(case):
    """Where nothing is to be predicted the loss is 0, connected to the logits, with finite gradients."""
    logits, tokens, _ = drawn(2, 1 if case == "one token each" else 4, 3)
    mask = torch.zeros(tokens.shape).bool()
    mask[:, 0] = case != "nothing marked"
    logits.requires_grad_()
    loss = lm_loss(logits, tokens, mask)
    assert_close(loss, torch.zeros((), dtype=torch.float64), label="loss")
    assert loss.requires_grad, "the loss is 0, but not connected to the logits: no gradient reaches them"
    loss.backward()
    assert logits.grad is None or logits.grad.isfinite().all(), "the gradient is finite here too"


@after("test_the_mask_belongs_to_the_tokens")
def test_masked_positions_do_not_matter():
    """Logits that predict nothing that counts change nothing, and get the gradient 0."""
    logits, tokens, mask = drawn(3, 6, 4)
    expected = by_hand(logits, tokens, mask)
    used = torch.cat([mask[:, 1:], torch.zeros(3, 1).bool()], dim=1)
    logits[~used] = 80 * torch.randn(int((~used).sum()), 4)
    logits.requires_grad_()
    loss = lm_loss(logits, tokens, mask)
    assert_close(loss, expected, label="loss")
    loss.backward()
    assert not logits.grad[~used].any(), "masked positions have the gradient 0"


@after("test_the_loss_is_the_definition")
@pytest.mark.parametrize("offset", [1000.0, -1000.0])
def test_extreme_logits(offset):
    """Logits near 1000 do not overflow, and a very unlikely token has a large loss, not infinity."""
    logits = torch.tensor([[[offset, offset + 1, 0.0], [0.0, 1000.0, 1.0], [0.0, 0.0, 0.0]]])
    tokens, mask = torch.tensor([[2, 0, 0]]), torch.ones(1, 3).bool()
    expected = by_hand(logits, tokens, mask)
    assert_close(lm_loss(logits, tokens, mask), expected, label="loss")


@after("test_the_loss_is_the_definition")
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
def test_half_precision_is_computed_in_float32(dtype):
    """float16 and bfloat16 logits give a float32 loss with the precision of float32."""
    logits, tokens, mask = drawn(3, 40, 5)
    logits = logits.to(dtype)
    expected = by_hand(logits, tokens, mask)
    loss = lm_loss(logits, tokens, mask)
    assert loss.dtype == torch.float32, f"logits of {dtype} give a float32 loss, got {loss.dtype}"
    assert_close(loss, expected, label="loss")


@after("test_the_loss_is_the_definition")
def test_float64_keeps_its_precision():
    """float64 keeps its dtype and its last digits."""
    logits, tokens, mask = drawn(3, 6, 5)
    logits = logits.double()
    expected = by_hand(logits, tokens, mask)
    loss = lm_loss(logits, tokens, mask)
    assert_close(loss, expected, label="loss", dtype=torch.float64, rtol=1e-12, atol=1e-12)


@after("test_the_mask_belongs_to_the_tokens")
@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16], ids=str)
def test_the_gradient(dtype):
    """Logits that predict a marked token receive softmax minus one-hot, over the number of marked tokens."""
    logits, tokens, mask = drawn(3, 6, 5)
    logits, count = logits.to(dtype), int(mask[:, 1:].sum())
    expected = torch.zeros(3, 6, 5).double()
    for b in range(3):
        for t in range(1, 6):
            if mask[b, t]:
                powers = logits[b, t - 1].double().exp()
                expected[b, t - 1] = powers / powers.sum() / count
                expected[b, t - 1, tokens[b, t]] -= 1 / count
    leaf = logits.clone().requires_grad_()
    lm_loss(leaf, tokens, mask).backward()
    assert leaf.grad is not None, "no gradient reaches the logits"
    assert_close(leaf.grad, expected, label="gradient of the logits")


@after("test_the_loss_is_the_definition")
def test_arguments_may_be_non_contiguous():
    """The arguments may have any memory layout.

    Pins: "may have any memory layout".
    """
    logits, tokens, mask = drawn(3, 6, 5)
    logits = logits.transpose(0, 2).contiguous().transpose(0, 2)
    tokens, mask = tokens.T.contiguous().T, mask.T.contiguous().T
    expected = by_hand(logits, tokens, mask)
    assert_close(lm_loss(logits, tokens, mask), expected, label="loss")


@after("test_returns_one_number")
def test_nothing_else_happens():
    """The arguments stay as they were, no random number is drawn, the same call gives the same answer."""
    logits, tokens, mask = drawn(3, 6, 5)
    expected = by_hand(logits, tokens, mask)
    with unchanged(logits, tokens, mask), rng_unchanged():
        answers = [lm_loss(logits, tokens, mask) for _ in range(2)]
    for loss in answers:
        assert_close(loss, expected, label="loss")


def drawn(batch, length, words):
    """Logits, tokens, and a mask with some tokens left out, at least one kept."""
    mask = torch.rand(batch, length) < 0.6
    mask[0, -1] = True
    return 2 * torch.randn(batch, length, words), torch.randint(words, (batch, length)), mask


def by_hand(logits, tokens, mask):
    """The definition, token by token, in plain floats."""
    losses = []
    for z, x, m in zip(logits.double().tolist(), tokens.tolist(), mask.tolist(), strict=True):
        for t in range(1, len(x)):
            if m[t]:
                top = max(z[t - 1])
                losses.append(top + math.log(sum(math.exp(v - top) for v in z[t - 1])) - z[t - 1][x[t]])
    return torch.tensor(sum(losses) / max(len(losses), 1), dtype=torch.float64)
