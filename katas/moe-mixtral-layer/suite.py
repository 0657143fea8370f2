"""The block of Mixtral is the weighted sum of each token's k SwiGLU experts, and computes no others.

Letters: sequences B, length S, width D, inner width F, experts E. Values are compared in float64, where
rounding decides no choice. Expected values are a loop over the tokens, computed before the call.
"""

import math

import pytest
import torch
from submission import moe_forward

from ml_katas.testing import after, assert_close, assert_shape, rng_unchanged, unchanged

# B, S, D, F, E, k: all different; as many tokens as experts; one expert per token, and all.
SETTINGS = [
    (2, 3, 5, 7, 4, 2),
    (3, 2, 4, 3, 6, 3),
    (1, 5, 3, 4, 5, 1),
    (2, 4, 3, 5, 3, 3),
    (1, 1, 4, 6, 5, 2),
]


def test_the_shape_is_that_of_x():
    """The result has the shape and the dtype of x; k is 2 when it is not given."""
    arguments = [t.float() for t in drawn(2, 3, 5, 7, 4)]
    y = moe_forward(*arguments)
    assert_shape(y, (2, 3, 5), label="y")
    assert y.dtype == torch.float32, f"x of float32 gives y of float32, got {y.dtype}"


@after("test_the_shape_is_that_of_x")
def test_worked_example():
    """The example of the brief comes out as written."""
    one, router = torch.ones(3, 1, 1), torch.tensor([[0.0], [math.log(3)], [-1.0]])
    y = moe_forward(torch.ones(1, 1, 1), router, one, one, torch.tensor([1.0, 2.0, 9.0]).view(3, 1, 1), k=2)
    assert_close(y, torch.tensor([[[1.279353]]]).double(), label="y", atol=1e-5)


@after("test_the_shape_is_that_of_x")
@pytest.mark.parametrize(("batch", "length", "width", "inner", "experts", "k"), SETTINGS)
def test_the_output_is_the_definition(batch, length, width, inner, experts, k):
    """Each token gets the weighted sum of its k experts."""
    arguments = drawn(batch, length, width, inner, experts)
    expected = by_hand(*arguments, k)
    assert_close(moe_forward(*arguments, k), expected, label="y", rtol=1e-9, atol=1e-9)


@after("test_the_output_is_the_definition")
def test_two_experts_by_default():
    """k is 2 when it is not given.

    Pins: "k=2".
    """
    arguments = drawn(2, 3, 5, 7, 4)
    expected = by_hand(*arguments, 2)
    assert_close(moe_forward(*arguments), expected, label="y", rtol=1e-9, atol=1e-9)


@after("test_the_output_is_the_definition")
@pytest.mark.parametrize("favourite", [0, 3], ids=["the first", "the last"])
def test_experts_that_nobody_chose(favourite):
    """Experts that nobody chose disturb nothing, whatever is in their weights."""
    x, router, w1, w3, w2 = drawn(2, 3, 5, 7, 4)
    x = x.abs()
    router = torch.full((4, 5), -1.0).double() * torch.arange(1, 5).double().view(4, 1)
    router[favourite] = 1.0
    expected = by_hand(x, router, w1, w3, w2, 1)
    for weight in (w1, w3, w2):
        weight[(favourite + 1) % 4] = math.nan
    assert_close(moe_forward(x, router, w1, w3, w2, 1), expected, label="y", rtol=1e-9, atol=1e-9)


@after("test_the_output_is_the_definition")
@pytest.mark.parametrize("k", [1, 2])
def test_exactly_k_under_ties(k):
    """When all logits tie, exactly k experts count, each with the weight 1 / k.

    Pins: "but exactly $k$ experts count for each token".
    """
    x, router, w1, w3, _ = drawn(2, 3, 4, 5, 3)
    w1, w3 = w1[:1].expand(3, 5, 4), w3[:1].expand(3, 5, 4)
    w2 = torch.randn(1, 4, 5).double().expand(3, 4, 5)
    expected = by_hand(x, torch.randn(3, 4).double(), w1, w3, w2, 1)  # all experts are alike
    y = moe_forward(x, torch.zeros_like(router), w1, w3, w2, k)
    assert_close(y, expected, label="y", rtol=1e-9, atol=1e-9)


@after("test_the_output_is_the_definition")
def test_no_token_influences_another():
    """Changing one token changes its own output and no other.

    Pins: "Tokens do not influence each other".
    """
    x, *weights = drawn(2, 3, 5, 7, 4)
    changed = x.clone()
    changed[1, 0] += 1
    difference = moe_forward(x, *weights, 2) - moe_forward(changed, *weights, 2)
    moved = (difference.abs().sum(dim=2) > 1e-9).flatten().tolist()
    assert moved == [i == 3 for i in range(6)], f"only token 3 should have changed, got {moved}"


@after("test_the_shape_is_that_of_x")
@pytest.mark.parametrize(("batch", "length"), [(0, 3), (2, 0)])
def test_no_tokens(batch, length):
    """Without tokens the result is empty.

    Pins: "without tokens ($B$ or $S$ is 0) the result is empty".
    """
    assert_shape(moe_forward(*drawn(batch, length, 5, 7, 4), 2), (batch, length, 5), label="y")


@after("test_experts_that_nobody_chose")
def test_it_is_sparse():
    """With 64 experts no tensor with a row for each token and each expert is made.

    Pins: "no tensor of `(B·S, E, F)` or more is made".
    """
    torch.manual_seed(0)
    x, router, w1, w3, w2 = (t.float() for t in drawn(4, 512, 16, 1024, 64))
    # 2048 tokens, 64 experts, 1024 wide: 512 MiB for a dense tensor, 16 MiB for two experts per token.
    y = moe_forward(x, router, w1, w3, w2, 2)
    assert_shape(y, (4, 512, 16), label="y")


@after("test_the_output_is_the_definition")
@pytest.mark.parametrize(("batch", "length", "width", "inner", "experts", "k"), SETTINGS)
def test_the_gradients(batch, length, width, inner, experts, k):
    """x and the four weights receive the gradients of the definition."""
    values = drawn(batch, length, width, inner, experts)
    worth = torch.randn(batch, length, width).double()
    leaves = [value.clone().requires_grad_() for value in values]
    loss = (dense(*leaves, k) * worth).sum()
    expected = torch.autograd.grad(loss, leaves)
    leaves = [value.clone().requires_grad_() for value in values]
    (moe_forward(*leaves, k) * worth).sum().backward()
    for leaf, gradient, name in zip(leaves, expected, ("x", "router", "w1", "w3", "w2"), strict=True):
        grad = torch.zeros_like(leaf) if leaf.grad is None and not gradient.any() else leaf.grad
        assert grad is not None, f"no gradient reaches {name}"
        assert_close(grad, gradient, label=f"gradient of {name}", rtol=1e-7, atol=1e-9)


@after("test_the_output_is_the_definition")
def test_bfloat16():
    """In bfloat16 the result has that dtype and its precision.

    Pins: "of the dtype of `x`".
    """
    router = torch.eye(4).bfloat16()
    x = torch.stack([torch.randperm(4) / 2 for _ in range(6)]).view(2, 3, 4)  # exact, and well apart
    _, _, w1, w3, w2 = drawn(2, 3, 4, 5, 4)
    w1, w3, w2 = (t.bfloat16() for t in (w1, w3, w2))
    expected = by_hand(x.double(), router.double(), w1.double(), w3.double(), w2.double(), 2)
    y = moe_forward(x.bfloat16(), router, w1, w3, w2, 2)
    assert_close(y, expected, label="y", dtype=torch.bfloat16, rtol=0.05, atol=0.1)


@after("test_the_output_is_the_definition")
def test_tensors_may_be_non_contiguous():
    """The tensors may have any memory layout.

    Pins: "may have any memory layout".
    """
    x, router, w1, w3, w2 = drawn(2, 3, 5, 7, 4)
    x = x.transpose(0, 1).contiguous().transpose(0, 1)
    w1, w3, w2 = (t.transpose(1, 2).contiguous().transpose(1, 2) for t in (w1, w3, w2))
    expected = by_hand(x, router, w1, w3, w2, 2)
    assert_close(moe_forward(x, router, w1, w3, w2, 2), expected, label="y", rtol=1e-9, atol=1e-9)


@after("test_the_shape_is_that_of_x")
def test_nothing_else_happens():
    """The tensors stay as they were, no random number is drawn, the same call gives the same answer."""
    arguments = drawn(2, 3, 5, 7, 4)
    expected = by_hand(*arguments, 2)
    with unchanged(*arguments), rng_unchanged():
        answers = [moe_forward(*arguments, 2) for _ in range(2)]
    for y in answers:
        assert_close(y, expected, label="y", rtol=1e-9, atol=1e-9)


def drawn(batch, length, width, inner, experts):
    """x, router, w1, w3 and w2, in float64."""
    shapes = [(batch, length, width), (experts, width), (experts, inner, width), (experts, inner, width)]
    return [torch.randn(shape).double() for shape in (*shapes, (experts, width, inner))]


def by_hand(x, router, w1, w3, w2, k):
    """The definition, token by token and expert by expert."""
    y = torch.zeros_like(x)
    for b in range(x.shape[0]):
        for s in range(x.shape[1]):
            logits = (router @ x[b, s]).tolist()
            chosen = sorted(range(len(logits)), key=lambda i: -logits[i])[:k]
            total = sum(math.exp(logits[i]) for i in chosen)
            for i in chosen:
                gate = w1[i] @ x[b, s]
                inner = gate / (1 + (-gate).exp()) * (w3[i] @ x[b, s])
                y[b, s] += math.exp(logits[i]) / total * (w2[i] @ inner)
    return y


def dense(x, router, w1, w3, w2, k):
    """The definition for autograd, every expert on every token."""
    logits = torch.einsum("bsd,ed->bse", x, router)
    limit = logits.detach().sort(dim=-1, descending=True).values[..., k - 1 : k]
    powers = logits.exp() * (logits >= limit)
    gate = torch.einsum("bsd,efd->bsef", x, w1)
    inner = gate * torch.sigmoid(gate) * torch.einsum("bsd,efd->bsef", x, w3)
    answers = torch.einsum("bsef,edf->bsed", inner, w2)
    return ((powers / powers.sum(dim=-1, keepdim=True)).unsqueeze(-1) * answers).sum(dim=2)
