"""What one side changes in place, the other side sees."""

import math

import pytest
import torch
from submission import (
    Box,
    Momentum,
    Real,
    accumulate_gradients,
    add_one,
    append_to_kept,
    are_same,
    bump,
    bump_data,
    change,
    clip_gradients,
    deepen,
    fill,
    flip_requires_grad,
    is_kept,
    keep,
    last_kept,
    look,
    momentum_step,
    quantise,
    read_gradient,
    refill,
    same,
    set_first,
    sneak,
    sort_and_drop,
    spoil_weight,
    square,
    step_with_cache,
    total,
    twice,
    write_gradient,
    zero_gradients,
)
from torch import nn

from ml_katas.testing import unchanged

# -------- tensors


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ("add_", [2, 3, 4]),
        ("data", [2, 4, 6]),
        ("index", [9, 2, 3]),
        ("view", [1, 6, 9]),
        ("numpy", [1, 2, 5]),
        ("resize", [1]),
        ("unsqueeze", [[1, 2, 3]]),
        ("on a copy", [1, 2, 3]),
    ],
)
def test_changes_of_a_tensor_are_seen(how, expected):
    """add_, .data, indexing, a view, NumPy, resizing and a new axis reach the suite's tensor."""
    for x in (torch.tensor([1.0, 2, 3]), torch.tensor([1, 2, 3])):
        change(x, how)
        assert x.tolist() == expected, (how, x)


def test_a_change_of_requires_grad_is_seen():
    """requires_grad_ of a submission sets the flag of the suite's tensor, both ways."""
    x = torch.ones(2)
    flip_requires_grad(x)
    assert x.requires_grad
    flip_requires_grad(x)
    assert not x.requires_grad


def test_a_change_of_dtype_is_seen():
    """A parameter that is quantised in place has the new dtype in the suite."""
    p = nn.Parameter(torch.ones(3))
    quantise(p)
    assert p.data.dtype == torch.int8
    assert not p.requires_grad


def test_changes_of_a_parameter_are_seen():
    """A parameter that is changed in place stays one that requires gradients."""
    p = nn.Parameter(torch.ones(3))
    change(p, "add_")
    change(p, "data")
    assert torch.equal(p.data, torch.full((3,), 4.0))
    assert p.requires_grad


def test_a_change_through_a_view_reaches_the_whole():
    """A slice that is changed in place changes the tensor that it is a slice of."""
    whole = torch.zeros(2, 3)
    fill(whole[0])
    fill(whole[:, 1])
    assert torch.equal(whole, torch.tensor([[7.0, 7, 7], [0, 7, 0]]))
    fill(whole.T[2])
    assert torch.equal(whole, torch.tensor([[7.0, 7, 7], [0, 7, 7]]))
    line = torch.zeros(4)
    change(line[1:3], "add_")
    assert line.tolist() == [0, 1, 1, 0]


# -------- gradients


def test_gradients_are_exchanged():
    """.grad that either side sets or fills is the other side's too."""
    p = torch.ones(2, requires_grad=True)
    assert read_gradient(p) is None
    p.grad = torch.tensor([3.0, -4.0])
    assert torch.equal(read_gradient(p), p.grad)
    write_gradient(p, torch.full((2,), 5.0))
    assert p.grad.tolist() == [5, 5]
    p.grad = None
    (3 * p).sum().backward()
    assert read_gradient(p).tolist() == [3, 3]


def test_gradients_are_changed_in_place():
    """.grad that either side changes in place or adds to is the other side's too."""
    p = torch.ones(2, requires_grad=True)
    p.grad = torch.tensor([3.0, -4.0])
    clip_gradients([p], 1.0)
    assert p.grad.tolist() == [1, -1]
    p.grad.zero_()
    assert read_gradient(p).tolist() == [0, 0]
    accumulate_gradients(p)
    accumulate_gradients(p)
    assert p.grad.tolist() == [4, 4]


def test_gradients_are_cleared():
    """.grad that a submission sets to None is None in the suite."""
    p = torch.ones(2, requires_grad=True)
    p.grad = torch.ones(2)
    zero_gradients([p])
    assert p.grad is None


# -------- optimizers


def trained(make):
    torch.manual_seed(1)
    x, y = torch.randn(8, 3), torch.randn(8, 2)
    net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    optimizer = make(net.parameters())
    for _ in range(6):
        optimizer.zero_grad()
        (net(x) - y).pow(2).mean().backward()
        optimizer.step()
    return nn.utils.parameters_to_vector(net.parameters()).detach()


@pytest.mark.parametrize("optimizer", [Momentum, Real])
def test_an_optimizer_of_the_submission_trains_the_suites_module(optimizer):
    """Optimizer classes, plain ones and torch's, step parameters of the suite exactly as torch does."""
    expected = trained(lambda p: torch.optim.SGD(p, 0.1, momentum=0.9))
    assert torch.allclose(trained(optimizer), expected, atol=1e-6)


def test_a_function_with_state_steps_parameters():
    """A step that keeps its state in a dict of the suite does what torch does; the suite may change it."""
    p, q, state = torch.ones(2), torch.ones(2, requires_grad=True), {}
    reference = torch.optim.SGD([q], 0.1, momentum=0.9)
    for _ in range(4):
        q.grad = torch.tensor([1.0, -2.0])
        reference.step()
        momentum_step(p, q.grad, state)
    assert torch.allclose(p, q.detach())
    assert state["step"] == 4
    assert set(state) == {"v", "step"}
    state["v"].zero_()
    momentum_step(p, torch.ones(2), state)
    assert torch.equal(state["v"], torch.ones(2))


# -------- containers


def test_containers_are_shared():
    """Lists, dicts and sets that a submission changes are changed in the suite, new tensors included."""
    items, table, unique = [1, 2], {"old": 1}, {1, 2}
    refill(items, table, unique)
    assert items[:2] == ["new", 2]
    assert torch.equal(items[2], torch.ones(2))
    assert unique == {2, 5}
    assert set(table) == {"cache"}


def test_nested_containers_are_shared():
    """What a submission put into a dict is shared: changes of either side, of lists and tensors, are seen."""
    table = {}
    refill([1, 2], table, set())
    cache = table["cache"]
    deepen(table)
    assert table["cache"] is cache
    assert cache["deep"] == [1, 2]
    assert cache["k"].item() == 1
    cache["deep"].clear()
    cache["k"].fill_(4)
    deepen(table)
    assert cache["deep"] == [2]
    assert cache["k"].item() == 5


def test_what_a_submission_keeps_stays_shared():
    """A list that a submission keeps is the suite's, whoever changes it afterwards."""
    mine = [1]
    keep(mine)
    assert last_kept() is mine
    mine.append(2)
    assert last_kept() == [1, 2]
    append_to_kept("later")
    assert mine == [1, 2, "later"]


def test_the_order_of_a_list_is_shared():
    """Sorting, reversing and deleting in a list is seen."""
    numbers = [3, 1, 2]
    sort_and_drop(numbers)
    assert numbers == [2, 1]


def test_a_list_that_holds_itself_is_shared():
    """A list of the suite may hold itself."""
    loop = []
    loop.append(loop)
    keep(loop)
    assert last_kept() is loop
    assert last_kept()[0] is loop


def test_a_cache_keeps_its_graph():
    """Tensors of a graph that a submission keeps in a shared dict still lead back to their parameters."""
    w, x, cache = torch.tensor(2.0, requires_grad=True), torch.tensor(3.0), {}
    for n in range(3):
        same_cache, out = step_with_cache(x, w, cache)
        assert same_cache is cache
        assert out.item() == 6 * (n + 1)
    first = cache["k"][0]
    out.backward()
    assert w.grad.item() == 9
    assert [k.item() for k in cache["k"]] == [6, 6, 6]
    assert cache["k"][0] is first
    w.grad = None
    total(cache["k"][1:]).backward()
    assert w.grad.item() == 6


def test_an_unsent_change_of_a_dropped_part_is_not_lost():
    """A suite may change part of an object without keeping hold of it."""
    box = Box()
    box.items.append(torch.ones(1))
    box.items.append([1])
    box.weight.fill_(3.0)
    items, weight = box.read()
    assert len(items) == 2
    assert items[1] == [1]
    assert weight.tolist() == [3, 3]
    box.items[1].append(2)
    assert box.read()[0][1] == [1, 2]


# -------- identity


@pytest.mark.parametrize(
    "thing",
    [
        torch.ones(2),
        torch.ones(2, requires_grad=True),
        nn.Parameter(torch.ones(1)),
        *([1], {"a": 1}, {1}, nn.Linear(1, 1), nn.ReLU()),
    ],
)
def test_identity_survives(thing):
    """An argument that is returned, alone or inside something, or kept, is the very object of the suite."""
    assert same(thing) is thing
    a, (b,), c = twice(thing)
    assert a is b is c["x"] is thing
    assert are_same(thing, thing)
    assert are_same(*[thing] * 2)
    keep(thing)
    assert is_kept(thing)


def test_equal_tensors_are_not_the_same():
    """Two tensors of equal values are two over there."""
    assert not are_same(torch.ones(2), torch.ones(2))


def test_a_tensor_of_a_graph_comes_back_with_its_values():
    """A tensor in the middle of a graph that is returned has its values."""
    x = torch.ones(2, requires_grad=True)
    y = 2 * x
    assert torch.equal(same(y), y)


# -------- changes that are refused


def in_a_graph():
    return 2 * torch.ones(3, requires_grad=True)


@pytest.mark.parametrize("by", [bump, bump_data, set_first])
def test_a_tensor_in_a_graph_may_not_change(by):
    """Changing in place an argument in the middle of a graph fails with a sentence that says what to do."""
    # expect: failed: your code made an in-place change of a tensor that needs gradients;
    # work on a copy, `x.clone()`
    by(in_a_graph())


def test_changing_a_leaf_in_place_is_torchs_error():
    """A leaf that requires gradients refuses add_ outside no_grad, in torch's own words."""
    # expect: error: RuntimeError: a leaf Variable that requires grad is being used in an in-place operation.
    add_one(torch.ones(3, requires_grad=True))


def test_autograd_notices_a_change_of_the_suite():
    """A tensor saved for backward over there and changed in the suite is refused as in one program."""
    x = torch.ones(2, requires_grad=True)
    y = square(x).sum()
    with torch.no_grad():
        x.add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.backward()


def test_autograd_notices_a_change_of_the_submission():
    """A tensor saved for backward in the suite and changed over there is refused as in one program."""
    x = torch.ones(2, requires_grad=True)
    y = (x * x).sum()
    bump(x)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.backward()


# -------- `unchanged`


def test_unchanged_passes_what_is_left_alone():
    """`unchanged` passes tensors with NaN, modules and containers that nobody changes."""
    x, module = torch.tensor([1.0, math.nan]), nn.Linear(2, 2)
    with unchanged(x, module, [x, {"a": 1}]):
        look(x, module, [x])


def test_unchanged_sees_what_hides_from_a_version_counter():
    """`unchanged` names an argument that is changed through `.data`."""
    # expect: failed: your code changes x in place
    x = torch.tensor([1.0, math.nan])
    with unchanged(x):
        sneak(x)


def test_unchanged_names_the_parameter():
    """`unchanged` names the parameter of a module that is changed."""
    # expect: failed: your code changes weight of module in place
    x, module = torch.tensor([1.0, math.nan]), nn.Linear(2, 2)
    with unchanged(x, module):
        spoil_weight(x, module)
