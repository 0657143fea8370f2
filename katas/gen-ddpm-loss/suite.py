"""Pictures and noise are mixed by the roots of their shares, and the model is compared with the noise.

Letters: pictures B, steps S. Expected values are computed picture by picture, before the call.
"""

import math

import pytest
import torch
from submission import ddpm_loss, q_sample

from ml_katas.testing import after, assert_close, assert_shape, rng_unchanged, unchanged

# Shapes of the pictures, B first: all different, all equal, no axes, one entry, one picture.
SHAPES = [(3, 2, 4, 5), (4, 4, 4, 4), (5,), (3, 3), (2, 6), (1, 2, 3)]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_shapes_and_dtypes(shape, dtype):
    """The noised pictures have shape and dtype of the pictures, the loss has no axes."""
    x0, t, noise, alpha_bar = drawn(shape)
    x0, noise, alpha_bar = (tensor.to(dtype) for tensor in (x0, noise, alpha_bar))
    noised = q_sample(x0, t, noise, alpha_bar)
    assert_shape(noised, shape, label="noised pictures")
    loss = ddpm_loss(lambda x, t: 0.5 * x, x0, t, noise, alpha_bar)
    assert_shape(loss, (), label="loss")
    for name, result in (("noised pictures", noised), ("loss", loss)):
        assert result.dtype == dtype, f"{name}: pictures of {dtype} give {dtype}, got {result.dtype}"


@after("test_shapes_and_dtypes")
def test_worked_example():
    """The example of the brief comes out as written."""
    x0, noise, t = torch.tensor([4.0, 2.0]), torch.tensor([1.0, -1.0]), torch.tensor([1, 0])
    alpha_bar = torch.tensor([0.64, 0.25])
    expected = torch.tensor([2.866025, 1.0], dtype=torch.float64)
    assert_close(q_sample(x0, t, noise, alpha_bar), expected, label="noised pictures", atol=1e-5)
    loss = ddpm_loss(lambda x, t: torch.zeros_like(x), x0, t, noise, alpha_bar)
    assert_close(loss, torch.tensor(1, dtype=torch.float64), label="loss")


@after("test_shapes_and_dtypes")
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_the_mixture_is_the_formula(shape):
    """Each picture is mixed with its own noise by the roots of its own share and the rest."""
    arguments = drawn(shape)
    expected = by_hand(*arguments)
    assert_close(q_sample(*arguments), expected, label="noised pictures", rtol=1e-10, atol=1e-12)


@after("test_shapes_and_dtypes")
def test_steps_at_both_ends():
    """The first and the last step have their own shares: 1 keeps the picture, 0 leaves only noise."""
    x0, _, noise, _ = drawn((2, 3))
    alpha_bar = torch.tensor([1.0, 0.5, 0.0], dtype=torch.float64)
    expected = torch.stack([x0[0], noise[1]])
    noised = q_sample(x0, torch.tensor([0, 2]), noise, alpha_bar)
    assert_close(noised, expected, label="noised pictures", rtol=1e-12, atol=1e-12)


@after("test_the_mixture_is_the_formula")
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_the_loss_is_the_formula(shape):
    """The loss is the mean squared difference of noise and answer, over all entries."""
    x0, t, noise, alpha_bar = drawn(shape)
    answer = torch.randn(shape).double()
    gaps = zip(noise.flatten().tolist(), answer.flatten().tolist(), strict=True)
    expected = torch.tensor(sum((a - b) ** 2 for a, b in gaps) / answer.numel(), dtype=torch.float64)
    loss = ddpm_loss(lambda x, t: answer.clone(), x0, t, noise, alpha_bar)
    assert_close(loss, expected, label="loss", rtol=1e-10, atol=1e-12)


@after("test_the_mixture_is_the_formula")
def test_the_model_sees_the_noised_pictures_and_their_steps():
    """The model is called once, with the noised pictures and the steps as they are."""
    x0, t, noise, alpha_bar = drawn((3, 2, 4))
    expected, steps, calls = by_hand(x0, t, noise, alpha_bar), t.clone(), []

    def model(x, t):
        calls.append((x.detach().clone(), t.clone()))
        return x

    ddpm_loss(model, x0, t, noise, alpha_bar)
    assert len(calls) == 1, f"the model is called once, not {len(calls)} times"
    assert_close(calls[0][0], expected, label="what the model is shown", rtol=1e-10, atol=1e-12)
    assert_close(calls[0][1], steps, label="the steps that the model is given")


@after("test_the_loss_is_the_formula")
def test_the_gradient():
    """What the model learns receives the gradient of the formula."""
    x0, t, noise, alpha_bar = drawn((3, 2, 4))
    noised, factor = by_hand(x0, t, noise, alpha_bar), 0.3
    expected = (2 * (factor * noised - noise) * noised).mean()
    learned = torch.tensor(factor, dtype=torch.float64, requires_grad=True)
    ddpm_loss(lambda x, t: learned * x, x0, t, noise, alpha_bar).backward()
    assert learned.grad is not None, "no gradient reaches the model"
    assert_close(learned.grad, expected, label="gradient of what the model learns", rtol=1e-9, atol=1e-10)


@after("test_the_mixture_is_the_formula")
def test_arguments_may_be_non_contiguous():
    """The arguments may have any memory layout.

    Pins: "may have any memory layout".
    """
    x0, t, noise, alpha_bar = drawn((4, 3, 2))
    x0, noise, t = x0.transpose(0, 2).contiguous().transpose(0, 2), noise.mT.contiguous().mT, t.flip(0)
    alpha_bar = torch.stack([alpha_bar, alpha_bar], dim=1)[:, 0]
    expected = by_hand(x0, t, noise, alpha_bar)
    assert_close(q_sample(x0, t, noise, alpha_bar), expected, label="noised pictures", rtol=1e-10, atol=1e-12)


@after("test_shapes_and_dtypes")
def test_nothing_else_happens():
    """The arguments stay as they were, no random number is drawn, the same call gives the same answer."""
    arguments = drawn((3, 2, 4))
    expected = by_hand(*arguments)
    with unchanged(*arguments), rng_unchanged():
        answers = [q_sample(*arguments) for _ in range(2)]
        ddpm_loss(lambda x, t: x, *arguments)
    for noised in answers:
        assert_close(noised, expected, label="noised pictures", rtol=1e-10, atol=1e-12)


def drawn(shape):
    """Pictures, steps, noise, and shares that fall, in float64; steps differ and do not count up."""
    alpha_bar = torch.linspace(0.95, 0.05, 9).double() ** 1.5
    t = torch.randperm(8)[: shape[0]] + 1
    return torch.randn(shape).double(), t, torch.randn(shape).double(), alpha_bar


def by_hand(x0, t, noise, alpha_bar):
    """The mixture, picture by picture."""
    rows = []
    for picture, step, own in zip(x0, t.tolist(), noise, strict=True):
        share = alpha_bar[step].item()
        rows.append(math.sqrt(share) * picture + math.sqrt(1 - share) * own)
    return torch.stack(rows)
