"""Noisy top-k gating disturbs each logit by learned noise in training, then is a softmax over the k largest.

Letters: tokens T, width D, experts E. Values are compared in float64, where rounding decides no choice.
Expected values are loops over plain floats or autograd on the definition, computed before the call.
"""

import math

import pytest
import torch
from submission import noisy_top_k_gating

from ml_katas.testing import after, assert_close, assert_shape, rng_unchanged, seeded, unchanged

# T, D, E, k: all different, as many tokens as experts; one expert kept, all, all but one.
SETTINGS = [(7, 3, 4, 2), (3, 5, 6, 1), (6, 4, 6, 3), (5, 2, 4, 4), (4, 3, 5, 4)]
DRAWS = 20_000


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("train", [True, False], ids=["training", "evaluation"])
def test_one_row_of_gates_per_token(dtype, train):
    """The gates are (T, E), of the dtype of x."""
    x, w_gate, w_noise, _ = (t.to(dtype) for t in drawn(6, 3, 4))
    gates = noisy_top_k_gating(x, w_gate, w_noise, 2, train=train)
    assert_shape(gates, (6, 4), label="gates")
    assert gates.dtype == dtype, f"x of {dtype} gives gates of {dtype}, got {gates.dtype}"


@after("test_one_row_of_gates_per_token")
def test_given_noise_is_used():
    """With noise given, the gates are the same whatever the seed is."""
    x, w_gate, w_noise, noise = drawn(6, 3, 4)
    answers = []
    for seed in (7, 8):
        with seeded(seed):
            answers.append(noisy_top_k_gating(x, w_gate, w_noise, 4, noise=noise).detach())
    assert (answers[0] == answers[1]).all(), "the gates change with the seed although noise is given"


@after("test_one_row_of_gates_per_token")
def test_evaluation_has_no_noise():
    """In evaluation two calls agree, whether noise is given or not."""
    x, w_gate, w_noise, noise = drawn(6, 3, 4)
    answers = [noisy_top_k_gating(x, w_gate, w_noise, 4, given, False) for given in (None, noise, None)]
    assert (answers[0] == answers[2]).all(), "two calls in evaluation differ: there is noise"
    assert (answers[0] == answers[1]).all(), "noise that is given changes the gates in evaluation"


@after("test_given_noise_is_used", "test_evaluation_has_no_noise")
@pytest.mark.parametrize("train", [True, False], ids=["training", "evaluation"])
def test_worked_example(train):
    """The example of the brief comes out as written, in training and in evaluation."""
    x, w_gate = torch.tensor([[1.0, 2.0]]), torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    noise = torch.tensor([[0.0, -2.0, 1.0]])
    row = [0.576118, 0, 0.423882] if train else [0.268941, 0.731059, 0]
    gates = noisy_top_k_gating(x, w_gate, torch.zeros(2, 3), 2, noise=noise, train=train)
    assert_close(gates, torch.tensor([row]).double(), label="gates", atol=1e-5)


@after("test_given_noise_is_used")
@pytest.mark.parametrize(("tokens", "width", "experts", "k"), SETTINGS)
def test_gates_with_the_noise_that_is_given(tokens, width, experts, k):
    """With noise given, the gates are the softmax over the k largest noisy logits, and 0 elsewhere."""
    x, w_gate, w_noise, noise = drawn(tokens, width, experts)
    expected = gates_by_hand(x @ w_gate + noise * (1 + (x @ w_noise).exp()).log(), k)
    gates = noisy_top_k_gating(x, w_gate, w_noise, k, noise=noise)
    assert_close(gates, expected, label="gates", rtol=1e-9, atol=1e-9)
    used = (gates != 0).sum(dim=1).tolist()
    assert used == [k] * tokens, f"exactly {k} gates of each row are above 0, got {used}"


@after("test_evaluation_has_no_noise")
@pytest.mark.parametrize("given", [True, False], ids=["noise given", "no noise given"])
@pytest.mark.parametrize(("tokens", "width", "experts", "k"), SETTINGS)
def test_evaluation_takes_the_clean_logits(tokens, width, experts, k, given):
    """In evaluation the gates are the softmax over the k largest clean logits."""
    x, w_gate, w_noise, noise = drawn(tokens, width, experts)
    expected = gates_by_hand(x @ w_gate, k)
    gates = noisy_top_k_gating(x, w_gate, w_noise, k, noise if given else None, train=False)
    assert_close(gates, expected, label="gates in evaluation", rtol=1e-9, atol=1e-9)


@after("test_evaluation_has_no_noise")
@pytest.mark.parametrize("k", [1, 2, 5])
def test_exactly_k_where_all_tie(k):
    """With both weights zero all logits tie in evaluation, and still exactly k gates are used, all equal."""
    gates = noisy_top_k_gating(torch.randn(6, 3), torch.zeros(3, 5), torch.zeros(3, 5), k, train=False)
    used = (gates > 0).sum(dim=1).tolist()
    assert used == [k] * 6, f"exactly {k} gates of each row are above 0, got {used}"
    assert_close(gates.amax(dim=1), torch.full((6,), 1 / k).double(), label="largest gate of each token")


@after("test_one_row_of_gates_per_token")
def test_no_tokens():
    """No tokens give gates of shape (0, E).

    Pins: "$T = 0$ gives".
    """
    gates = noisy_top_k_gating(torch.zeros(0, 3), torch.randn(3, 4), torch.randn(3, 4), 2)
    assert_shape(gates, (0, 4), label="gates")


@after("test_gates_with_the_noise_that_is_given")
def test_noise_is_drawn_anew():
    """Without noise given, two calls differ, and so do two tokens that are alike."""
    x, w_gate, w_noise = torch.ones(8, 3), torch.zeros(3, 4), torch.zeros(3, 4)
    first, second = (noisy_top_k_gating(x, w_gate, w_noise, 4) for _ in range(2))
    assert (first != second).any(), "two calls in training drew the same noise"
    assert first.unique(dim=0).shape == (8, 4), (
        "tokens that are alike got the same noise: draw (T, E) numbers"
    )


@after("test_noise_is_drawn_anew")
@pytest.mark.parametrize("bias", [0.0, -2.0])
def test_noise_that_is_drawn_is_normal(bias):
    """Noise that you draw is standard normal, times the softplus, and independent between experts."""
    # With both of two experts kept, log(G_0 / G_1) is the difference of the noisy logits.
    strength = math.log1p(math.exp(bias))
    x, w_gate = torch.ones(DRAWS, 1).double(), torch.zeros(1, 3).double()
    gates = noisy_top_k_gating(x, w_gate, torch.full((1, 3), bias).double(), 3)
    first, second = ((gates[:, i].log() - gates[:, 2].log()) / strength for i in (0, 1))
    near = 6 / DRAWS**0.5  # six standard errors of a number with variance 1
    assert abs(first.mean()) < 1.5 * near, "the mean of the noise is not 0"
    assert abs(first.var() - 2) < 3 * near, (
        "the noise of one expert minus that of another has not the variance 2"
    )
    assert abs((first * second).mean() - 1) < 2 * near, "the noise of two experts is not independent"
    middle = (first.abs() < 0.9538726).double().mean()  # half of all numbers of N(0, 2)
    assert abs(middle - 0.5) < near, (
        "the noise is not normal: too much or too little of it lies in the middle"
    )
    assert abs((first[1:] * first[:-1]).mean()) < 2 * near, "the noise of two tokens is not independent"


@after("test_noise_is_drawn_anew")
def test_the_seed_decides():
    """The same seed gives the same gates, another seed others.

    Pins: "so the same seed gives the same gates".
    """
    x, w_gate, w_noise, _ = drawn(5, 3, 4)
    answers = []
    for seed in (7, 7, 8):
        with seeded(seed):
            answers.append(noisy_top_k_gating(x, w_gate, w_noise, 4))
    first, again, other = (gates.detach() for gates in answers)
    assert_close(again, first.clone(), label="gates with the same seed", rtol=0, atol=0)
    assert (first != other).any(), "another seed gave the same gates"


@after("test_gates_with_the_noise_that_is_given")
@pytest.mark.parametrize(("tokens", "width", "experts", "k"), SETTINGS)
@pytest.mark.parametrize("train", [True, False], ids=["training", "evaluation"])
def test_the_gradients(tokens, width, experts, k, train):
    """x, w_gate and w_noise receive the gradients of the definition; w_noise none in evaluation."""
    *leaves, noise = drawn(tokens, width, experts)
    worth = torch.randn(tokens, experts).double()
    expected = gradients_by_hand(*leaves, noise if train else 0 * noise, k, worth)
    x, w_gate, w_noise = (leaf.clone().requires_grad_() for leaf in leaves)
    (noisy_top_k_gating(x, w_gate, w_noise, k, noise, train) * worth).sum().backward()
    assert x.grad is not None, "no gradient reaches x"
    assert w_gate.grad is not None, "no gradient reaches w_gate"
    assert_close(x.grad, expected[0], label="gradient of x")
    assert_close(w_gate.grad, expected[1], label="gradient of w_gate")
    if train:
        assert w_noise.grad is not None, "no gradient reaches w_noise"
        assert_close(w_noise.grad, expected[2], label="gradient of w_noise")


@after("test_gates_with_the_noise_that_is_given")
def test_arguments_may_be_non_contiguous():
    """All tensors may have any memory layout.

    Pins: "may have any memory layout".
    """
    x, w_gate, w_noise, noise = (t.T.contiguous().T for t in drawn(5, 3, 4))
    expected = gates_by_hand(x @ w_gate + noise * (1 + (x @ w_noise).exp()).log(), 2)
    assert_close(noisy_top_k_gating(x, w_gate, w_noise, 2, noise), expected, label="gates", atol=1e-9)


@after("test_given_noise_is_used", "test_evaluation_has_no_noise")
@pytest.mark.parametrize("train", [True, False], ids=["noise given", "evaluation"])
def test_nothing_else_happens(train):
    """The arguments stay as they were; with noise given, and in evaluation, nothing is drawn."""
    x, w_gate, w_noise, noise = drawn(5, 3, 4)
    with unchanged(x, w_gate, w_noise, noise), rng_unchanged():
        first, second = (
            noisy_top_k_gating(x, w_gate, w_noise, 2, noise if train else None, train) for _ in range(2)
        )
    assert_close(second, first.detach().clone().double(), label="gates of the second call", atol=0)


def drawn(tokens, width, experts):
    """x, w_gate, w_noise and noise, in float64."""
    shapes = [(tokens, width), (width, experts), (width, experts), (tokens, experts)]
    return [torch.randn(shape).double() for shape in shapes]


def gates_by_hand(logits, k):
    """The softmax over the k largest of each row, in plain floats, for logits that do not tie."""
    rows = []
    for row in logits.tolist():
        limit = sorted(row, reverse=True)[k - 1]
        powers = [math.exp(x - max(row)) if x >= limit else 0.0 for x in row]
        rows.append([power / sum(powers) for power in powers])
    return torch.tensor(rows, dtype=torch.float64).reshape(logits.shape)


def gradients_by_hand(x, w_gate, w_noise, noise, k, worth):
    """Autograd on the definition: exp of the kept noisy logits over their sum."""
    leaves = [leaf.clone().requires_grad_() for leaf in (x, w_gate, w_noise)]
    logits = leaves[0] @ leaves[1] + noise * (1 + (leaves[0] @ leaves[2]).exp()).log()
    limit = logits.detach().sort(dim=1, descending=True).values[:, k - 1 : k]
    powers = logits.exp() * (logits >= limit)
    return torch.autograd.grad((powers / powers.sum(dim=1, keepdim=True) * worth).sum(), leaves)
