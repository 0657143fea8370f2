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
    base = nn.Linear(32, 5)
    first, second = (LoRALinear(base, r=24, alpha=1.0).lora_A.detach().clone() for _ in range(2))
    assert first.isfinite().all(), "lora_A must be finite"
    assert first.ne(0).any(), "lora_A is zero, as lora_B is: neither will ever get a gradient"
    assert first.ne(first[:, :1]).any(), "all entries of a row of lora_A are equal: draw each of them"
    assert first.ne(first[:1]).any(), "all rows of lora_A are equal: draw each of them"
    assert not torch.equal(first, second), "two layers must not start with the same lora_A"


@after("test_lora_a_is_random")
def test_every_entry_of_lora_a_is_drawn():
    """Every entry of lora_A is drawn, in a wide layer too; none is what happened to lie in memory.

    Pins: "drawn at random, entry by entry".
    """
    factor = LoRALinear(nn.Linear(1000, 3), r=256, alpha=1.0).lora_A.detach()
    # So much memory (1 MB) comes from the system, as zeros, unless something is written to it.
    assert factor.isfinite().all(), "lora_A must be finite"
    never = int(factor.eq(0).all(dim=1).sum()) + int(factor.eq(0).all(dim=0).sum())
    assert never == 0, f"{never} rows and columns of a wide lora_A are zero: empty() draws nothing"


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
    layer, numbers = trained_layer(width, out, r, alpha, bias=bias)
    x = torch.randn(3, width)
    assert_close(layer(x), numbers.output(x), label="output")


@after("test_output_is_the_formula")
@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
def test_forward_changes_nothing(training):
    """A call changes nothing and draws no random number, training or not."""
    layer, numbers = trained_layer(5, 7, r=2, alpha=3.0)
    x = torch.randn(3, 5)
    with unchanged(x, layer.lora_A, layer.lora_B, layer.base.weight, layer.base.bias):
        layer.train(training)
        for _ in range(2):
            with rng_unchanged():
                now = layer(x)
            assert_close(now, numbers.output(x), label="output")


@after("test_output_is_the_formula")
@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
def test_values_are_read_when_they_are_needed(training):
    """New values in a parameter count from the next call on, in training and in evaluation mode."""
    layer, numbers = trained_layer(5, 7, r=2, alpha=3.0)
    layer.train(training)
    for _ in range(2):
        x = torch.randn(3, 5)
        assert_close(layer(x), numbers.output(x), label="output")
        train_on(layer, numbers)
        numbers.weight = torch.randn(7, 5).double()
        assign(layer.base.weight, numbers.weight)
        assert_close(layer(x), numbers.output(x), label="output with new values in the parameters")


@after("test_output_is_the_formula")
@pytest.mark.parametrize("shape", [(5,), (4, 5), (2, 3, 5), (2, 1, 3, 5), (0, 5), (5, 5)], ids=str)
def test_x_may_have_any_leading_axes(shape):
    """x is (..., in) with any leading axes, none and empty ones too."""
    layer, numbers = trained_layer(5, 7, r=2, alpha=3.0)
    x = torch.randn(shape)
    assert_close(layer(x), numbers.output(x), label="output")


@after("test_output_is_the_formula")
@pytest.mark.parametrize(("name", "tolerance"), [("float64", 1e-12), ("bfloat16", 0.1)])
def test_the_factors_follow_the_dtype_of_base(name, tolerance):
    """lora_A, lora_B and the output have the dtype of base."""
    dtype = getattr(torch, name)
    layer, numbers = trained_layer(5, 7, r=2, alpha=3.0, dtype=dtype)
    assert layer.lora_A.dtype == dtype, f"lora_A is {layer.lora_A.dtype}, base {dtype}"
    assert layer.lora_B.dtype == dtype, f"lora_B is {layer.lora_B.dtype}, base {dtype}"
    x = torch.randn(3, 5).to(dtype)
    # In bfloat16 each intermediate result is rounded to 8 bits.
    assert_close(layer(x), numbers.output(x), label="output", dtype=dtype, rtol=tolerance, atol=tolerance)


@after("test_shapes_of_the_two_factors")
def test_the_factors_follow_the_device_of_base():
    """lora_A and lora_B lie on the device of base, be it the meta device, which has no values."""
    layer = LoRALinear(nn.Linear(5, 7, device="meta"), r=2, alpha=3.0)
    for name, factor in (("lora_A", layer.lora_A), ("lora_B", layer.lora_B)):
        assert factor.device.type == "meta", f"base is on the meta device, {name} on {factor.device}"


@after(
    "test_forward_changes_nothing",
    "test_the_factors_follow_the_dtype_of_base",
    "test_only_the_two_factors_are_trainable",
)
def test_the_first_gradient_moves_b_only():
    """In a new layer only lora_B has a gradient other than zero."""
    base, x, worth = nn.Linear(5, 7).double(), torch.randn(3, 5).double(), torch.randn(3, 7).double()
    layer, a = LoRALinear(base, r=2, alpha=3.0), torch.randn(2, 5).double()
    assign(layer.lora_A, a)
    by_b = 3.0 / 2 * worth.T @ (x @ a.T)
    (layer(x) * worth).sum().backward()
    assert layer.lora_B.grad is not None, "no gradient reaches lora_B"
    assert_close(layer.lora_B.grad, by_b, label="gradient of lora_B")
    assert_close(layer.lora_A.grad, torch.zeros(2, 5).double(), label="gradient of lora_A")
    assert base.weight.grad is None, "base is frozen: its weight must not get a gradient"
    assert base.bias.grad is None, "base is frozen: its bias must not get a gradient"


@after(
    "test_forward_changes_nothing",
    "test_the_factors_follow_the_dtype_of_base",
    "test_only_the_two_factors_are_trainable",
)
@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
@pytest.mark.parametrize(("name", "tolerance"), [("float64", 1e-9), ("float32", 1e-4), ("bfloat16", 0.1)])
def test_gradients_are_those_of_the_formula(name, tolerance, training):
    """lora_A, lora_B and x receive the gradients of the formula, in every dtype and mode."""
    dtype = getattr(torch, name)
    layer, numbers = trained_layer(5, 7, r=2, alpha=3.0, dtype=dtype)
    layer.train(training)
    x, worth = torch.randn(3, 5).to(dtype).requires_grad_(), torch.randn(3, 7).to(dtype)
    by_a, by_b, by_x = gradients_of_the_formula(numbers, x, worth)
    (layer(x) * worth).sum().backward()
    for what, got, expected in (
        ("lora_A", layer.lora_A.grad, by_a), ("lora_B", layer.lora_B.grad, by_b), ("x", x.grad, by_x)
    ):  # fmt: skip
        assert got is not None, f"no gradient reaches {what}"
        assert_close(got, expected, label=f"gradient of {what}", rtol=tolerance, atol=tolerance)


@after("test_gradients_are_those_of_the_formula")
def test_training_leaves_base_alone():
    """Training lowers the loss as the formula does, and base stays as it was."""
    base, x = nn.Linear(5, 7).double(), torch.randn(16, 5).double()
    weight, bias = base.weight.detach().clone(), base.bias.detach().clone()
    layer = LoRALinear(base, r=2, alpha=3.0)
    a = torch.randn(2, 5).double()
    assign(layer.lora_A, a)
    target = x @ torch.randn(5, 7).double()
    expected = losses_of_the_formula(Numbers(weight, bias, a, torch.zeros(7, 2), 3.0 / 2), x, target)
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
    assert_close(base.weight, weight, label="base.weight after training", rtol=0, atol=0)


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
    """A layer is not disturbed by another one of other r and alpha, merged or not.

    Pins: "Layers do not influence each other.".
    """
    layer, numbers = trained_layer(5, 7, 2, 3.0)
    x = torch.randn(3, 5)
    other, _ = trained_layer(5, 7, 4, 20.0)
    assert_close(layer(x), numbers.output(x), label="output of a layer beside another")
    with unchanged(layer.base):
        other.merge()
    assert_close(layer(x), numbers.output(x), label="output of a layer beside a merged one")


@after("test_each_layer_stands_for_itself")
@pytest.mark.parametrize("bias", [True, False], ids=["with bias", "without bias"])
@pytest.mark.parametrize(("width", "out", "r", "alpha"), SETTINGS)
def test_merge_adds_the_update_to_the_weight(width, out, r, alpha, bias):
    """merge() makes base.weight W + (alpha / r) B A and keeps the output."""
    layer, numbers = trained_layer(width, out, r, alpha, bias=bias)
    weight, x = layer.base.weight, torch.randn(3, width)
    layer.merge()
    assert layer.base.weight is weight, "base.weight must be changed in place, not replaced"
    assert_close(weight, numbers.merged(), label="base.weight once merged")
    assert_close(layer(x), numbers.output(x), label="output once merged", atol=1e-4)


@after("test_merge_adds_the_update_to_the_weight")
@pytest.mark.parametrize("calls", [["merge"], ["merge", "unmerge"]], ids=" ".join)
def test_merge_changes_the_weight_only(calls):
    """merge() and unmerge() change nothing but base.weight, which stays frozen."""
    layer, _ = trained_layer(5, 7, r=2, alpha=3.0)
    weight = layer.base.weight
    with unchanged(layer.lora_A, layer.lora_B, layer.base.bias):
        for call in calls:
            getattr(layer, call)()
    assert weight.is_leaf, "base.weight must stay a leaf: merge outside of autograd"
    assert not weight.requires_grad, "base.weight must stay frozen"
    trainable = sorted(name for name, parameter in layer.named_parameters() if parameter.requires_grad)
    assert trainable == ["lora_A", "lora_B"], f"require gradients: {', '.join(trainable) or 'none'}"


@after("test_merge_adds_the_update_to_the_weight", "test_gradients_are_those_of_the_formula")
def test_a_merged_layer_passes_the_gradient_on():
    """Through a merged layer x still receives the gradient of the formula."""
    layer, numbers = trained_layer(5, 7, r=2, alpha=3.0, dtype=torch.float64)
    x, worth = torch.randn(3, 5).double().requires_grad_(), torch.randn(3, 7).double()
    layer.merge()
    (layer(x) * worth).sum().backward()
    assert x.grad is not None, "no gradient reaches x through a merged layer"
    assert_close(x.grad, worth @ numbers.merged(), label="gradient of x once merged")


@after("test_merge_adds_the_update_to_the_weight")
def test_unmerge_restores_the_weight():
    """unmerge() restores base.weight and keeps the output."""
    layer, numbers = trained_layer(5, 7, r=2, alpha=3.0)
    numbers.weight, x = torch.randn(7, 5).double(), torch.randn(3, 5)
    assign(layer.base.weight, numbers.weight)  # as if loaded after the layer was made
    layer.merge()
    layer.unmerge()
    assert_close(layer.base.weight, numbers.weight, label="base.weight once unmerged", atol=1e-4)
    assert_close(layer(x), numbers.output(x), label="output once unmerged", atol=1e-4)


@after("test_unmerge_restores_the_weight")
@pytest.mark.parametrize("mode", ["train", "eval"])
@pytest.mark.parametrize("merged", [False, True], ids=["as it is", "merged"])
def test_the_mode_neither_merges_nor_unmerges(mode, merged):
    """train() and eval() leave base.weight as it is, merged or not, and unmerge() works after them."""
    layer, numbers = trained_layer(5, 7, r=2, alpha=3.0)
    x, before = torch.randn(3, 5), numbers.merged() if merged else numbers.weight
    (layer.eval if mode == "train" else layer.train)()
    if merged:
        layer.merge()
    getattr(layer, mode)()
    assert_close(layer.base.weight, before, label=f"base.weight after {mode}()")
    assert_close(layer(x), numbers.output(x), label=f"output after {mode}()", atol=1e-4)
    layer.unmerge()
    assert_close(layer.base.weight, numbers.weight, label="base.weight once unmerged", atol=1e-4)
    layer.merge()
    assert_close(layer.base.weight, numbers.merged(), label="base.weight merged again", atol=1e-4)
    assert_close(layer(x), numbers.output(x), label="output merged again", atol=1e-4)


@after("test_unmerge_restores_the_weight")
def test_merging_twice_adds_once():
    """A second merge() adds nothing, and one unmerge() takes it all back."""
    layer, numbers = trained_layer(5, 7, r=2, alpha=3.0)
    x = torch.randn(3, 5)
    layer.merge()
    layer.merge()
    assert_close(layer.base.weight, numbers.merged(), label="base.weight merged twice")
    assert_close(layer(x), numbers.output(x), label="output merged twice", atol=1e-4)
    layer.unmerge()
    assert_close(layer.base.weight, numbers.weight, label="base.weight once unmerged", atol=1e-4)


@after("test_unmerge_restores_the_weight")
def test_unmerge_without_merge_does_nothing():
    """unmerge() of a layer that is not merged changes nothing."""
    layer, numbers = trained_layer(5, 7, r=2, alpha=3.0)
    x = torch.randn(3, 5)
    with unchanged(layer.base):
        layer.unmerge()
    layer.merge()
    layer.unmerge()
    layer.unmerge()
    assert_close(layer.base.weight, numbers.weight, label="base.weight unmerged twice", atol=1e-4)
    assert_close(layer(x), numbers.output(x), label="output unmerged twice", atol=1e-4)


@after("test_unmerge_restores_the_weight", "test_gradients_are_those_of_the_formula")
def test_an_unmerged_layer_trains_and_merges_again():
    """An unmerged layer trains on, and merge() adds what was learned since.

    Pins: "The layer can then be trained on and merged again.".
    """
    layer, numbers = trained_layer(5, 7, r=2, alpha=3.0)
    x = torch.randn(3, 5)
    layer.merge()
    layer.unmerge()
    layer(x).square().sum().backward()
    for factor in (layer.lora_A, layer.lora_B):
        assert factor.grad is not None, "an unmerged layer must be trainable again"
        assert factor.grad.ne(0).any(), "an unmerged layer must be trainable again"
    train_on(layer, numbers)
    layer.merge()
    assert_close(layer.base.weight, numbers.merged(), label="base.weight merged again", atol=1e-4)
    assert_close(layer(x), numbers.output(x), label="output merged again", atol=1e-4)


@after("test_output_is_the_formula")
@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
def test_state_dict_holds_everything(training):
    """One layer's state_dict() makes another layer equal to it."""
    trained, numbers = trained_layer(5, 7, 2, 3.0)
    fresh, x = LoRALinear(nn.Linear(5, 7), 2, 3.0).train(training), torch.randn(3, 5)
    fresh(x)
    state = trained.state_dict()
    missing = {"base.weight", "base.bias", "lora_A", "lora_B"} - state.keys()
    assert not missing, f"state_dict() lacks {', '.join(sorted(missing))}"
    fresh.load_state_dict(state)
    assert_close(fresh(x), numbers.output(x), label="output after load_state_dict")


class Numbers:
    """What a layer is made of, in float64, noted before it was made: what is expected comes from here."""

    def __init__(self, weight, bias, a, b, scale):
        self.weight, self.a, self.b = (torch.as_tensor(values).detach().double() for values in (weight, a, b))
        self.bias = (
            torch.zeros(len(self.b)).double() if bias is None else torch.as_tensor(bias).detach().double()
        )
        self.scale = scale

    def output(self, x):
        """W x + b + scale B A x, sum by sum for each x."""
        rows = []
        for row in x.double().reshape(-1, x.shape[-1]):
            through = [sum(a * row) for a in self.a]  # A x, r numbers
            update = [sum(b * part for b, part in zip(row_of_b, through, strict=True)) for row_of_b in self.b]
            rows.append(
                torch.stack([sum(w * row) for w in self.weight])
                + self.bias
                + self.scale * torch.stack(update)
            )
        shape = (*x.shape[:-1], len(self.b))
        return torch.stack(rows).reshape(shape) if rows else torch.zeros(shape)

    def merged(self):
        """W + scale B A, as a sum of r outer products."""
        return effective_weight(self.weight, self.a, self.b, self.scale)


def example():
    """The layer of the brief's example: three outputs, two inputs, rank 2, alpha 3."""
    layer = LoRALinear(nn.Linear(2, 3), r=2, alpha=3.0)
    assign(layer.base.weight, [[1, 0], [0, 1], [1, 1]])
    assign(layer.base.bias, [0, 0, 1])
    assign(layer.lora_A, [[1, 2], [0, 1]])
    assign(layer.lora_B, [[1, 0], [0, 1], [1, -1]])
    return layer


def trained_layer(width, out, r, alpha, bias=True, dtype=torch.float32):
    """A layer whose two factors are no longer what they started as, and the numbers that it is made of."""
    base = nn.Linear(width, out, bias=bias, dtype=dtype)
    weight, bias = base.weight.detach().clone(), base.bias.detach().clone() if bias else None
    a, b = torch.randn(r, width).to(dtype), torch.randn(out, r).to(dtype)
    layer = LoRALinear(base, r, alpha)
    assign(layer.lora_A, a)
    assign(layer.lora_B, b)
    return layer, Numbers(weight, bias, a, b, alpha / r)


def train_on(layer, numbers):
    """Give lora_A and lora_B new values, as training would."""
    numbers.a, numbers.b = torch.randn(numbers.a.shape).double(), torch.randn(numbers.b.shape).double()
    assign(layer.lora_A, numbers.a)
    assign(layer.lora_B, numbers.b)


@torch.no_grad()
def assign(parameter, values):
    """Overwrite a parameter in place."""
    parameter.copy_(torch.as_tensor(values))


def effective_weight(weight, a, b, scale):
    """W + scale B A in float64, as a sum of r outer products: column k of B times row k of A."""
    total = weight.detach().double().clone()
    for k in range(len(a)):
        total = total + scale * torch.outer(b[:, k].double(), a[k].double())
    return total


def gradients_of_the_formula(numbers, x, worth):
    """The gradients of sum_to output_to worth_to for A, B and x, in float64, from the definition."""
    a, b, x = (values.detach().double().requires_grad_() for values in (numbers.a, numbers.b, x))
    output = x @ effective_weight(numbers.weight, a, b, numbers.scale).T
    return torch.autograd.grad((output * worth.double()).sum(), [a, b, x])


def losses_of_the_formula(numbers, x, target):
    """The losses of ten steps of gradient descent with weight decay, on copies of A and B."""
    a, b = numbers.a.clone().requires_grad_(), numbers.b.clone().requires_grad_()
    losses = []
    for _ in range(10):
        weight = effective_weight(numbers.weight, a, b, numbers.scale)
        loss = (x @ weight.T + numbers.bias - target).square().mean()
        losses.append(loss.item())
        by_a, by_b = torch.autograd.grad(loss, [a, b])
        with torch.no_grad():
            a -= 0.02 * (by_a + 0.1 * a)
            b -= 0.02 * (by_b + 0.1 * b)
    return torch.tensor(losses).double()
