"""A LoRA layer is a frozen linear layer plus alpha / r times B A, which merge() moves into its weight.

Expected values come from the formula in float64, from autograd on it, or from numbers worked out by hand.
"""

import pytest
import torch
from submission import LoRALinear
from torch import nn

from ml_katas.testing import after, assert_close, assert_shape, rng_unchanged, unchanged

# in, out, r, alpha: wide, narrow and square layers, alpha / r whole and not, r above both widths.
SETTINGS = [(5, 7, 2, 4.0), (7, 4, 3, 1.0), (6, 6, 2, 5.0), (3, 4, 8, 2.0), (4, 3, 1, 6.0)]


@pytest.mark.parametrize("bias", [True, False], ids=["with bias", "without bias"])
def test_parameters_have_the_promised_names(bias):
    """The parameters are lora_A, lora_B and those of base, the layer given."""
    base = nn.Linear(5, 7, bias=bias)
    layer = LoRALinear(base=base, r=2, alpha=4.0)
    assert isinstance(layer, nn.Module), "a LoRALinear is an nn.Module"
    names = sorted(name for name, _ in layer.named_parameters())
    expected = [*(["base.bias"] if bias else []), "base.weight", "lora_A", "lora_B"]
    assert names == expected, f"the parameters are {', '.join(expected)}; got {', '.join(names) or 'none'}"
    assert layer.base is base, "layer.base is the layer that was given, not a copy of it"


@after("test_parameters_have_the_promised_names")
@pytest.mark.parametrize(("width", "out", "r", "alpha"), SETTINGS)
def test_shapes_of_the_two_factors(width, out, r, alpha):
    """lora_A is (r, in), lora_B is (out, r), and the output is (..., out)."""
    layer = LoRALinear(nn.Linear(width, out), r, alpha)
    assert_shape(layer.lora_A, (r, width), label="lora_A")
    assert_shape(layer.lora_B, (out, r), label="lora_B")
    assert_shape(layer(torch.randn(2, width)), (2, out), label="output")


@after("test_shapes_of_the_two_factors")
def test_starts_out_as_base():
    """A new layer gives what base gives: lora_B is zero, and base as it was."""
    base, x = nn.Linear(5, 7), torch.randn(3, 5)
    weight, bias, output = (t.detach().double().clone() for t in (base.weight, base.bias, base(x)))
    layer = LoRALinear(base, r=2, alpha=4.0)
    assert_close(layer.lora_B, torch.zeros(7, 2).double(), label="lora_B of a new layer")
    assert_close(layer(x), output, label="output of a new layer")
    assert_close(base.weight, weight, label="base.weight", rtol=0, atol=0)
    assert_close(base.bias, bias, label="base.bias", rtol=0, atol=0)


@after("test_shapes_of_the_two_factors")
def test_lora_a_is_random():
    """lora_A starts out random, another one in each layer."""
    base = nn.Linear(6, 5)
    first, second = (LoRALinear(base, r=3, alpha=1.0).lora_A.detach().clone() for _ in range(2))
    assert first.isfinite().all(), "lora_A must be finite"
    assert first.ne(0).any(), "lora_A is zero, as lora_B is: neither will ever get a gradient"
    assert first.unique().numel() > 9, "lora_A must be random, with a number of its own in each place"
    assert not torch.equal(first, second), "two layers must not start with the same lora_A"


@after("test_lora_a_is_random")
def test_every_entry_of_lora_a_is_drawn():
    """Every entry of lora_A is drawn, in a wide layer too; none is what happened to lie in memory."""
    factor = LoRALinear(nn.Linear(1000, 3), r=256, alpha=1.0).lora_A.detach()
    # So much memory (1 MB) comes from the system, as zeros, unless something is written to it.
    drawn = factor.ne(0).float().mean().item()
    assert factor.isfinite().all(), "lora_A must be finite"
    assert drawn > 0.9, f"{1 - drawn:.0%} of a wide lora_A is zero: empty() takes memory and draws nothing"


@after("test_parameters_have_the_promised_names")
def test_only_the_two_factors_are_trainable():
    """base is frozen, weight and bias; lora_A and lora_B are trainable."""
    base = nn.Linear(5, 7)
    layer = LoRALinear(base, r=2, alpha=4.0)
    trainable = sorted(name for name, parameter in layer.named_parameters() if parameter.requires_grad)
    assert trainable == ["lora_A", "lora_B"], f"require gradients: {', '.join(trainable) or 'none'}"
    assert not base.weight.requires_grad, "base itself must be frozen: its weight is not"
    assert not base.bias.requires_grad, "base itself must be frozen: its bias is not"


@after("test_shapes_of_the_two_factors")
def test_worked_example():
    """The example of the brief comes out as written."""
    layer = example()
    assert_close(layer(torch.tensor([[2.0, 1.0]])), torch.tensor([[8, 2.5, 8.5]]).double(), label="output")


@after("test_shapes_of_the_two_factors")
@pytest.mark.parametrize("bias", [True, False], ids=["with bias", "without bias"])
@pytest.mark.parametrize(("width", "out", "r", "alpha"), SETTINGS)
def test_output_is_the_formula(width, out, r, alpha, bias):
    """The output is W x + b + (alpha / r) B A x, with and without a bias."""
    layer, x = trained_layer(width, out, r, alpha, bias=bias), torch.randn(3, width)
    expected = lora_by_hand(layer, alpha / r, x)
    assert_close(layer(x), expected, label="output")


@after("test_output_is_the_formula")
@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
def test_forward_changes_nothing(training):
    """A call changes nothing and draws no random number, training or not."""
    layer, x = trained_layer(5, 7, r=2, alpha=3.0), torch.randn(3, 5)
    output = lora_by_hand(layer, 3.0 / 2, x)
    with unchanged(x, layer.lora_A, layer.lora_B, layer.base.weight, layer.base.bias):
        layer.train(training)
        for _ in range(2):
            with rng_unchanged():
                now = layer(x)
            assert_close(now, output, label="output")


@after("test_output_is_the_formula")
@pytest.mark.parametrize("shape", [(5,), (4, 5), (2, 3, 5), (2, 1, 3, 5), (0, 5), (5, 5)], ids=str)
def test_x_may_have_any_leading_axes(shape):
    """x is (..., in) with any leading axes, none and empty ones too."""
    layer, x = trained_layer(5, 7, r=2, alpha=3.0), torch.randn(shape)
    expected = lora_by_hand(layer, 3.0 / 2, x)
    assert_close(layer(x), expected, label="output")


@after("test_output_is_the_formula")
@pytest.mark.parametrize(("name", "tolerance"), [("float64", 1e-12), ("bfloat16", 0.1)])
def test_the_factors_follow_the_dtype_of_base(name, tolerance):
    """lora_A, lora_B and the output have the dtype of base."""
    dtype = getattr(torch, name)
    layer = LoRALinear(nn.Linear(5, 7).to(dtype), r=2, alpha=3.0)
    assert layer.lora_A.dtype == dtype, f"lora_A is {layer.lora_A.dtype}, base {dtype}"
    assert layer.lora_B.dtype == dtype, f"lora_B is {layer.lora_B.dtype}, base {dtype}"
    randomise(layer)
    x = torch.randn(3, 5).to(dtype)
    expected = lora_by_hand(layer, 3.0 / 2, x)
    # In bfloat16 each intermediate result is rounded to 8 bits.
    assert_close(layer(x), expected, label="output", dtype=dtype, rtol=tolerance, atol=tolerance)


@after(
    "test_forward_changes_nothing",
    "test_the_factors_follow_the_dtype_of_base",
    "test_only_the_two_factors_are_trainable",
)
def test_the_first_gradient_moves_b_only():
    """In a new layer only lora_B has a gradient other than zero."""
    base, x, worth = nn.Linear(5, 7).double(), torch.randn(3, 5).double(), torch.randn(3, 7).double()
    layer = LoRALinear(base, r=2, alpha=3.0)
    by_b = 3.0 / 2 * worth.T @ (x @ layer.lora_A.detach().T)
    (layer(x) * worth).sum().backward()
    assert_close(layer.lora_B.grad, by_b, label="gradient of lora_B")
    assert_close(layer.lora_A.grad, torch.zeros(2, 5).double(), label="gradient of lora_A")
    assert base.weight.grad is None, "base is frozen: its weight must not get a gradient"
    assert base.bias.grad is None, "base is frozen: its bias must not get a gradient"


@after(
    "test_forward_changes_nothing",
    "test_the_factors_follow_the_dtype_of_base",
    "test_only_the_two_factors_are_trainable",
)
def test_gradients_are_those_of_the_formula():
    """lora_A, lora_B and x receive the gradients of the formula."""
    layer, worth = trained_layer(5, 7, r=2, alpha=3.0, dtype=torch.float64), torch.randn(3, 7).double()
    x = torch.randn(3, 5).double().requires_grad_()
    a, b = (factor.detach().clone().requires_grad_() for factor in (layer.lora_A, layer.lora_B))
    output = x @ effective_weight(layer.base.weight, a, b, 3.0 / 2).T
    by_a, by_b, by_x = torch.autograd.grad((output * worth).sum(), [a, b, x])
    (layer(x) * worth).sum().backward()
    assert_close(layer.lora_A.grad, by_a, label="gradient of lora_A")
    assert_close(layer.lora_B.grad, by_b, label="gradient of lora_B")
    assert_close(x.grad, by_x, label="gradient of x")


@after("test_gradients_are_those_of_the_formula")
def test_training_leaves_base_alone():
    """Training lowers the loss as the formula does, and base stays as it was."""
    base, x = nn.Linear(5, 7).double(), torch.randn(16, 5).double()
    layer = LoRALinear(base, r=2, alpha=3.0)
    assign(layer.lora_A, torch.randn(2, 5))
    target = x @ torch.randn(5, 7).double()
    expected = losses_of_the_formula(layer, 3.0 / 2, x, target)
    optimizer, losses = torch.optim.SGD(layer.parameters(), lr=0.02, weight_decay=0.1), []
    with unchanged(base):
        for _ in range(10):
            optimizer.zero_grad()
            loss = (layer(x) - target).square().mean()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    assert losses[-1] < losses[0], f"the loss must fall, it went from {losses[0]:.3f} to {losses[-1]:.3f}"
    assert_close(torch.tensor(losses).double(), expected, label="loss at each step", rtol=1e-6)


@after("test_worked_example")
def test_worked_example_merged():
    """merge() gives the weight in the example of the brief, and the same output."""
    layer = example()
    layer.merge()
    expected = torch.tensor([[2.5, 3], [0, 2.5], [2.5, 2.5]]).double()
    assert_close(layer.base.weight, expected, label="base.weight once merged")
    assert_close(
        layer(torch.tensor([[2.0, 1.0]])), torch.tensor([[8, 2.5, 8.5]]).double(), label="output once merged"
    )


@after("test_output_is_the_formula", "test_worked_example_merged")
def test_each_layer_stands_for_itself():
    """A layer is not disturbed by another one of other r and alpha, merged or not."""
    layer, x = trained_layer(5, 7, 2, 3.0), torch.randn(3, 5)
    output = lora_by_hand(layer, 3.0 / 2, x)
    other = trained_layer(5, 7, 4, 20.0)
    assert_close(layer(x), output, label="output of a layer beside another")
    with unchanged(layer.base):
        other.merge()
    assert_close(layer(x), output, label="output of a layer beside a merged one")


@after("test_each_layer_stands_for_itself")
@pytest.mark.parametrize("bias", [True, False], ids=["with bias", "without bias"])
@pytest.mark.parametrize(("width", "out", "r", "alpha"), SETTINGS)
def test_merge_adds_the_update_to_the_weight(width, out, r, alpha, bias):
    """merge() makes base.weight W + (alpha / r) B A and keeps the output."""
    layer, x = trained_layer(width, out, r, alpha, bias=bias), torch.randn(3, width)
    weight = layer.base.weight
    output = lora_by_hand(layer, alpha / r, x)
    merged = effective_weight(weight, layer.lora_A, layer.lora_B, alpha / r)
    layer.merge()
    assert layer.base.weight is weight, "base.weight must be changed in place, not replaced"
    assert_close(weight, merged, label="base.weight once merged")
    assert_close(layer(x), output, label="output once merged", atol=1e-4)


@after("test_merge_adds_the_update_to_the_weight")
def test_merge_changes_the_weight_only():
    """merge() changes nothing but base.weight, which stays frozen."""
    layer = trained_layer(5, 7, r=2, alpha=3.0)
    weight = layer.base.weight
    with unchanged(layer.lora_A, layer.lora_B, layer.base.bias):
        layer.merge()
    assert weight.is_leaf, "base.weight must stay a leaf: merge outside of autograd"
    assert not weight.requires_grad, "base.weight must stay frozen"
    trainable = sorted(name for name, parameter in layer.named_parameters() if parameter.requires_grad)
    assert trainable == ["lora_A", "lora_B"], f"require gradients: {', '.join(trainable) or 'none'}"


@after("test_merge_adds_the_update_to_the_weight", "test_gradients_are_those_of_the_formula")
def test_a_merged_layer_passes_the_gradient_on():
    """Through a merged layer x still receives the gradient of the formula."""
    layer, worth = trained_layer(5, 7, r=2, alpha=3.0, dtype=torch.float64), torch.randn(3, 7).double()
    x = torch.randn(3, 5).double().requires_grad_()
    by_x = worth @ effective_weight(layer.base.weight, layer.lora_A, layer.lora_B, 3.0 / 2)
    layer.merge()
    (layer(x) * worth).sum().backward()
    assert_close(x.grad, by_x, label="gradient of x once merged")


@after("test_merge_adds_the_update_to_the_weight")
def test_unmerge_restores_the_weight():
    """unmerge() restores base.weight and keeps the output."""
    layer, x = trained_layer(5, 7, r=2, alpha=3.0), torch.randn(3, 5)
    assign(layer.base.weight, torch.randn(7, 5))  # as if loaded after the layer was made
    weight = layer.base.weight.detach().double().clone()
    output = lora_by_hand(layer, 3.0 / 2, x)
    layer.merge()
    layer.unmerge()
    assert_close(layer.base.weight, weight, label="base.weight once unmerged")
    assert_close(layer(x), output, label="output once unmerged", atol=1e-4)


@after("test_unmerge_restores_the_weight")
def test_merging_twice_adds_once():
    """A second merge() adds nothing, and one unmerge() takes it all back."""
    layer, x = trained_layer(5, 7, r=2, alpha=3.0), torch.randn(3, 5)
    weight = layer.base.weight.detach().double().clone()
    output = lora_by_hand(layer, 3.0 / 2, x)
    merged = effective_weight(weight, layer.lora_A, layer.lora_B, 3.0 / 2)
    layer.merge()
    layer.merge()
    assert_close(layer.base.weight, merged, label="base.weight merged twice")
    assert_close(layer(x), output, label="output merged twice", atol=1e-4)
    layer.unmerge()
    assert_close(layer.base.weight, weight, label="base.weight once unmerged")


@after("test_unmerge_restores_the_weight")
def test_unmerge_without_merge_does_nothing():
    """unmerge() of a layer that is not merged changes nothing."""
    layer, x = trained_layer(5, 7, r=2, alpha=3.0), torch.randn(3, 5)
    weight = layer.base.weight.detach().double().clone()
    output = lora_by_hand(layer, 3.0 / 2, x)
    with unchanged(layer.base):
        layer.unmerge()
    layer.merge()
    layer.unmerge()
    layer.unmerge()
    assert_close(layer.base.weight, weight, label="base.weight unmerged twice")
    assert_close(layer(x), output, label="output unmerged twice", atol=1e-4)


@after("test_unmerge_restores_the_weight", "test_gradients_are_those_of_the_formula")
def test_an_unmerged_layer_trains_and_merges_again():
    """An unmerged layer trains on, and merge() adds what was learned since."""
    layer, x = trained_layer(5, 7, r=2, alpha=3.0), torch.randn(3, 5)
    weight = layer.base.weight.detach().double().clone()
    layer.merge()
    layer.unmerge()
    layer(x).square().sum().backward()
    for factor in (layer.lora_A, layer.lora_B):
        assert factor.grad is not None, "an unmerged layer must be trainable again"
        assert factor.grad.ne(0).any(), "an unmerged layer must be trainable again"
    randomise(layer)
    output = lora_by_hand(layer, 3.0 / 2, x)
    merged = effective_weight(weight, layer.lora_A, layer.lora_B, 3.0 / 2)
    layer.merge()
    assert_close(layer.base.weight, merged, label="base.weight merged again")
    assert_close(layer(x), output, label="output merged again", atol=1e-4)


@after("test_output_is_the_formula")
def test_state_dict_holds_everything():
    """One layer's state_dict() makes another layer equal to it."""
    trained, fresh, x = trained_layer(5, 7, 2, 3.0), LoRALinear(nn.Linear(5, 7), 2, 3.0), torch.randn(3, 5)
    output = lora_by_hand(trained, 3.0 / 2, x)
    state = trained.state_dict()
    missing = {"base.weight", "base.bias", "lora_A", "lora_B"} - state.keys()
    assert not missing, f"state_dict() lacks {', '.join(sorted(missing))}"
    fresh.load_state_dict(state)
    assert_close(fresh(x), output, label="output after load_state_dict")


def example():
    """The layer of the brief's example: three outputs, two inputs, rank 2, alpha 3."""
    layer = LoRALinear(nn.Linear(2, 3), r=2, alpha=3.0)
    assign(layer.base.weight, [[1, 0], [0, 1], [1, 1]])
    assign(layer.base.bias, [0, 0, 1])
    assign(layer.lora_A, [[1, 2], [0, 1]])
    assign(layer.lora_B, [[1, 0], [0, 1], [1, -1]])
    return layer


def trained_layer(width, out, r, alpha, bias=True, dtype=torch.float32):
    """A layer whose two factors are no longer what they started as."""
    layer = LoRALinear(nn.Linear(width, out, bias=bias, dtype=dtype), r, alpha)
    randomise(layer)
    return layer


def randomise(layer):
    """Give lora_A and lora_B new values, as training would."""
    assign(layer.lora_A, torch.randn(layer.lora_A.shape))
    assign(layer.lora_B, torch.randn(layer.lora_B.shape))


@torch.no_grad()
def assign(parameter, values):
    """Overwrite a parameter in place."""
    parameter.copy_(torch.as_tensor(values))


@torch.no_grad()
def lora_by_hand(layer, scale, x):
    """W x + b + scale B A x, sum by sum for each x, in float64."""
    weight, a, b = (t.double() for t in (layer.base.weight, layer.lora_A, layer.lora_B))
    bias = torch.zeros(len(b)) if layer.base.bias is None else layer.base.bias
    rows = []
    for row in x.double().reshape(-1, x.shape[-1]):
        through = [sum(a[k] * row) for k in range(len(a))]  # A x, r numbers
        update = [sum(b[o, k] * through[k] for k in range(len(a))) for o in range(len(b))]  # B A x
        rows.append(torch.stack([sum(w * row) for w in weight]) + bias.double() + scale * torch.stack(update))
    return torch.stack(rows).reshape(*x.shape[:-1], len(b)) if rows else torch.zeros(*x.shape[:-1], len(b))


def effective_weight(weight, a, b, scale):
    """W + scale B A in float64, as a sum of r outer products: column k of B times row k of A."""
    total = weight.detach().double().clone()
    for k in range(len(a)):
        total = total + scale * torch.outer(b[:, k].double(), a[k].double())
    return total


def losses_of_the_formula(layer, scale, x, target):
    """The losses of ten steps of gradient descent with weight decay, on copies of the layer's parameters."""
    weight, bias = layer.base.weight.detach().clone(), layer.base.bias.detach().clone()
    a, b = (factor.detach().clone().requires_grad_() for factor in (layer.lora_A, layer.lora_B))
    losses = []
    for _ in range(10):
        loss = (x @ effective_weight(weight, a, b, scale).T + bias - target).square().mean()
        losses.append(loss.item())
        by_a, by_b = torch.autograd.grad(loss, [a, b])
        with torch.no_grad():
            a -= 0.02 * (by_a + 0.1 * a)
            b -= 0.02 * (by_b + 0.1 * b)
    return torch.tensor(losses).double()
