"""k1, k2 and k3 estimate KL(q || p) from samples of q by the ratio of p to q.

Letters: samples N. Expected values are loops over plain floats, or divergences in closed form, computed
before the call.
"""

import math

import pytest
import torch
from submission import kl_estimates

from ml_katas.testing import after, assert_close, assert_shape, rng_unchanged, unchanged

NAMES = ("k1", "k2", "k3")


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_three_numbers(dtype):
    """Returns three tensors of no axes, of the dtype of logq."""
    result = kl_estimates(torch.zeros(4, dtype=dtype), torch.zeros(4, dtype=dtype))
    assert isinstance(result, tuple), f"expected the tuple (k1, k2, k3), got a {type(result).__name__}"
    for value, name in zip(result, NAMES, strict=True):
        assert_shape(value, (), label=name)
        assert value.dtype == dtype, f"{name} has the dtype {dtype}, got {value.dtype}"


@after("test_three_numbers")
def test_worked_example():
    """The example of the brief comes out as written."""
    logq = torch.tensor([-3.0, -2.0])
    found = kl_estimates(logq, logq + torch.tensor([0.0, math.log(2)]))
    for value, right, name in zip(found, (-0.346574, 0.120113, 0.153426), NAMES, strict=True):
        assert_close(value, torch.tensor(right, dtype=torch.float64), label=name, atol=1e-5)


@after("test_three_numbers")
@pytest.mark.parametrize("samples", [1, 2, 9])
def test_each_is_the_definition(samples):
    """k1, k2 and k3 are the means of the formulas."""
    logq, logp = drawn(samples)
    expected = by_hand(logq, logp)
    for value, right, name in zip(kl_estimates(logq, logp), expected, NAMES, strict=True):
        assert_close(value, right, label=name, rtol=1e-11, atol=1e-12)


@after("test_each_is_the_definition")
def test_samples_give_the_divergence():
    """Over 100,000 samples of q the means of k1 and k3 are KL(q || p), not KL(p || q).

    Pins: "The mean of $k_1$ is".
    """
    q, p = torch.tensor([0.7, 0.2, 0.1]).double(), torch.tensor([0.3, 0.3, 0.4]).double()
    divergence = (q * (q / p).log()).sum()  # 0.373; the other way round 0.422
    x = torch.multinomial(q, 100_000, replacement=True)
    k1, _, k3 = kl_estimates(q[x].log(), p[x].log())
    assert abs(k1 - divergence) < 0.02, "the mean of k1 over samples of q is KL(q || p)"
    assert abs(k3 - divergence) < 0.02, "the mean of k3 over samples of q is KL(q || p)"


@after("test_each_is_the_definition")
def test_two_of_them_are_never_negative():
    """For every single sample k2 and k3 are not negative.

    Pins: "it is never negative".
    """
    for log_r in (-20.0, -1.0, -1e-6, 0.0, 1e-6, 1.0, 20.0):
        _, k2, k3 = kl_estimates(torch.tensor([-30.0]).double(), torch.tensor([-30.0 + log_r]).double())
        assert k2 >= 0, f"k2 is negative for ln r = {log_r}: {k2}"
        assert k3 >= 0, f"k3 is negative for ln r = {log_r}: {k3}"


@after("test_each_is_the_definition")
@pytest.mark.parametrize("log_r", [1e-5, -1e-5, 1e-6])
def test_close_models_keep_their_digits(log_r):
    """Where p and q nearly agree, k3 does not drown in rounding."""
    expected = torch.tensor(log_r**2 / 2 + log_r**3 / 6 + log_r**4 / 24, dtype=torch.float64)
    logq = torch.zeros(3).double()
    _, _, k3 = kl_estimates(logq, logq + log_r)
    assert_close(k3, expected, label="k3", rtol=1e-8, atol=0)


@after("test_three_numbers")
def test_no_samples():
    """Without samples all three are 0.

    Pins: "0 without samples".
    """
    for value, name in zip(kl_estimates(torch.zeros(0), torch.zeros(0)), NAMES, strict=True):
        assert_close(value, torch.zeros((), dtype=torch.float64), label=name)


@after("test_each_is_the_definition")
def test_the_gradients():
    """Both receive the gradients of the formulas: -1, ln r and r - 1, over N, for logp."""
    logq, logp = drawn(6)
    log_r = logp - logq
    slopes = (-torch.ones(6).double() / 6, log_r / 6, (log_r.exp() - 1) / 6)
    for number, (slope, name) in enumerate(zip(slopes, NAMES, strict=True)):
        q, p = logq.clone().requires_grad_(), logp.clone().requires_grad_()
        kl_estimates(q, p)[number].backward()
        assert p.grad is not None, f"no gradient of {name} reaches logp"
        assert q.grad is not None, f"no gradient of {name} reaches logq"
        assert_close(p.grad, slope, label=f"gradient of {name} for logp")
        assert_close(q.grad, -slope, label=f"gradient of {name} for logq")


@after("test_each_is_the_definition")
def test_tensors_may_be_non_contiguous():
    """The tensors may have any memory layout.

    Pins: "may have any memory layout".
    """
    logq, logp = (t[::2] for t in drawn(10))
    expected = by_hand(logq, logp)
    for value, right, name in zip(kl_estimates(logq, logp), expected, NAMES, strict=True):
        assert_close(value, right, label=name, rtol=1e-11, atol=1e-12)


@after("test_three_numbers")
def test_nothing_else_happens():
    """The tensors stay as they were, no random number is drawn, the same call gives the same answer."""
    logq, logp = drawn(6)
    expected = by_hand(logq, logp)
    with unchanged(logq, logp), rng_unchanged():
        answers = [kl_estimates(logq, logp) for _ in range(2)]
    for answer in answers:
        assert_close(answer[2], expected[2], label="k3", rtol=1e-11, atol=1e-12)


def drawn(samples):
    """Log-probabilities of samples under two models, in float64."""
    logq = -5 - torch.rand(samples).double()
    return logq, logq + torch.randn(samples).double()


def by_hand(logq, logp):
    """The three means in plain floats."""
    ratios = [math.exp(p - q) for q, p in zip(logq.tolist(), logp.tolist(), strict=True)]
    k1 = [-math.log(r) for r in ratios]
    k2 = [math.log(r) ** 2 / 2 for r in ratios]
    k3 = [r - 1 - math.log(r) for r in ratios]
    return [torch.tensor(sum(k) / len(k), dtype=torch.float64) for k in (k1, k2, k3)]
