"""Gradients cross as if suite and submission were one program."""

import pytest
import torch
from submission import (
    chain,
    cube,
    cut,
    differentiates,
    double,
    fills,
    fresh,
    keeps_its_own,
    keeps_the_graph,
    modes,
    of_a_wrong_shape,
    parts,
    pick,
    product,
    raises_in_backward,
    same,
    square,
    two_of_complex,
    two_of_two,
)


def test_gradients_of_the_first_order():
    """gradcheck holds through the boundary, in real and complex numbers."""
    x = torch.randn(2, dtype=torch.float64, requires_grad=True)
    y = torch.randn(2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(two_of_two, (x, y))
    z = torch.randn(2, dtype=torch.complex128, requires_grad=True)
    assert torch.autograd.gradcheck(two_of_complex, (z,))


def test_gradients_of_the_second_order():
    """gradgradcheck holds through the boundary, in real and complex numbers."""
    x = torch.randn(2, dtype=torch.float64, requires_grad=True)
    y = torch.randn(2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradgradcheck(two_of_two, (x, y))
    z = torch.randn(2, dtype=torch.complex128, requires_grad=True)
    assert torch.autograd.gradgradcheck(two_of_complex, (z,))


def test_a_third_derivative_is_refused_in_words():
    """The third derivative across the boundary says that it does not cross."""
    x = torch.tensor(2.0, requires_grad=True)
    (first,) = torch.autograd.grad(cube(x), x, create_graph=True)
    (second,) = torch.autograd.grad(first, x, create_graph=True)
    with pytest.raises(RuntimeError, match="third-order derivatives do not cross"):
        torch.autograd.grad(second, x)


def test_backward_reaches_an_argument_once_for_each_use():
    """backward() of a call with one leaf in two places adds up both."""
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    product(x, x).sum().backward()
    assert torch.equal(x.grad, 2 * x.detach())


def test_backward_reaches_what_lies_before_an_argument():
    """backward() goes on from an argument to the leaves that it was computed from, also through two calls."""
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    product(x * 3, torch.ones(2)).sum().backward()
    assert torch.equal(x.grad, torch.full((2,), 3.0))
    w, y = torch.randn(2, requires_grad=True), torch.tensor([5.0, 7.0])
    (of_w,) = torch.autograd.grad(product(product(x, w), product(w, y)).sum(), w)
    assert torch.allclose(of_w, (2 * x * w * y).detach())


def test_every_tensor_of_a_nested_result_has_gradients():
    """Tensors in dicts, lists and tuples of a result lead back to the arguments that they depend on."""
    x, y = torch.tensor([1.0, 2.0], requires_grad=True), torch.tensor([5.0, 7.0], requires_grad=True)
    result = parts(x, y)
    of_x, of_y = torch.autograd.grad(result["double"].sum() + result["both"][1][0].sum(), (x, y))
    assert torch.equal(of_x, torch.full((2,), 2.0))
    assert torch.equal(of_y, 2 * y.detach())
    (of_one,) = torch.autograd.grad(result["both"][0][1], (y,), retain_graph=True)
    assert torch.equal(of_one, torch.tensor([0.0, 1.0]))
    of_x, of_y = torch.autograd.grad(result["double"].sum(), (x, y), allow_unused=True)
    assert torch.equal(of_x, torch.full((2,), 2.0))
    assert of_y is None or not of_y.any()
    assert result["plain"] == 3


def test_grad_mode_travels():
    """A submission sees whether gradients are enabled and asked for; no_grad around a call holds inside."""
    x = torch.ones(2, requires_grad=True)
    assert modes(x) == (True, True, True, True)
    assert modes(x.detach()) == (True, False, True, False)
    enabled, requires_grad, _, result_requires_grad = modes(2 * x)
    assert (enabled, requires_grad, result_requires_grad) == (True, True, True)
    with torch.no_grad():
        assert modes(x) == (False, True, True, False)
        assert not double(x).requires_grad


def test_flags_of_results_travel():
    """requires_grad, is_leaf and grad_fn of a result are what they are in one program."""
    x = torch.ones(2, requires_grad=True)
    assert double(x).requires_grad
    assert double(x).grad_fn is not None
    assert not double(x).is_leaf
    detached, index, mask, joined = cut(x)
    assert [t.requires_grad for t in (detached, index, mask, joined)] == [False, False, False, True]
    leaf = fresh()
    assert leaf.requires_grad
    assert leaf.is_leaf
    (3 * leaf).sum().backward()
    assert torch.equal(leaf.grad, torch.full((2,), 3.0))


def test_a_graph_can_be_walked_again():
    """retain_graph keeps a graph for a second backward()."""
    x = torch.tensor(2.0, requires_grad=True)
    y = cube(x)
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.item() == 24


def test_a_gradient_can_be_differentiated_once_more():
    """create_graph gives a gradient with a graph: for second derivatives, a Hessian, a penalty."""
    x = torch.tensor(2.0, requires_grad=True)
    (first,) = torch.autograd.grad(cube(x), x, create_graph=True)
    (second,) = torch.autograd.grad(first, x)
    assert (first.item(), second.item()) == (12, 12)
    assert torch.autograd.functional.hessian(cube, torch.tensor(3.0)).item() == 18
    penalty = (torch.autograd.grad(cube(x), x, create_graph=True)[0] - 1) ** 2
    penalty.backward()
    assert x.grad.item() == 2 * 11 * 12


def test_a_submission_has_functions_of_its_own():
    """The backward pass of a custom autograd function of a submission is the one that is used."""
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    square(x).sum().backward()
    assert torch.equal(x.grad, torch.tensor([10.0, 20.0]))


def test_a_submission_differentiates_by_itself():
    """autograd.grad works inside a submission, and through it where it keeps the graph."""
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    assert torch.equal(differentiates(x), torch.tensor([3.0, 12.0]))
    assert not differentiates(x).requires_grad
    assert torch.equal(torch.autograd.grad(keeps_the_graph(x).sum(), x)[0], torch.tensor([6.0, 12.0]))


def test_a_submission_calls_backward():
    """backward() inside a submission adds to the gradients of the suite's leaves, and of no others."""
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    x.grad = torch.tensor([10.0, 20.0])
    fills(x)
    assert torch.equal(x.grad, torch.tensor([12.0, 24.0]))
    fills(x)
    assert torch.equal(x.grad, torch.tensor([14.0, 28.0]))
    assert torch.equal(keeps_its_own(x), torch.tensor([2.0, 4.0]))
    assert torch.equal(x.grad, torch.tensor([14.0, 28.0]))


def test_an_exception_in_a_backward_pass_is_the_submissions():
    """An exception in a custom backward arrives as itself."""
    # expect: error: KeyError: nothing here
    raises_in_backward(torch.ones(3, requires_grad=True)).sum().backward()


def test_a_gradient_of_a_wrong_shape_is_the_submissions_error():
    """A gradient whose shape is wrong is an error in torch's words."""
    # expect: error: RuntimeError: Function WrongShapeBackward returned an invalid gradient at index 0…
    of_a_wrong_shape(torch.ones(3, requires_grad=True)).sum().backward()


def test_hooks_on_results_run_in_the_suite():
    """retain_grad and register_hook work on what a submission returned, and on its arguments."""
    x, seen = torch.ones(2, requires_grad=True), []
    middle = double(x)
    middle.retain_grad()
    x.register_hook(lambda grad: seen.append(grad.clone()))
    double(middle).sum().backward()
    assert torch.equal(middle.grad, torch.full((2,), 2.0))
    assert torch.equal(seen[0], torch.full((2,), 4.0))
    assert torch.equal(x.grad, torch.full((2,), 4.0))


def test_long_chains_of_calls_stay_connected():
    """A hundred calls, each on the result of the one before, give the gradient of their composition."""
    x = torch.ones(2, dtype=torch.float64, requires_grad=True)
    y = x
    for _ in range(100):
        y = chain(y)
    y.sum().backward()
    assert torch.allclose(x.grad, torch.full((2,), 0.9**100, dtype=torch.float64))


def test_results_may_share_an_object():
    """A tensor returned twice, an argument returned as it is and a view are joined to the graph alike."""
    x = torch.ones(2, 2, requires_grad=True)
    a, b, same_x, view, row = same(x)
    assert same_x is x
    (a.sum() + 3 * b.sum() + view.sum() + row.sum()).backward()
    assert torch.equal(x.grad, torch.tensor([[11.0, 11.0], [9.0, 9.0]]))


def test_integer_and_unused_arguments_are_left_alone():
    """Indices, masks and unused arguments take part in a call without gradients of their own."""
    x, unused = torch.randn(5, requires_grad=True), torch.randn(2, requires_grad=True)
    result = pick(x, torch.tensor([0, 3]), torch.tensor([True, False]), unused)
    result.sum().backward()
    assert torch.equal(x.grad, torch.tensor([1.0, 0, 0, 0, 0]))
    assert unused.grad is None
    total = pick(x, torch.tensor([0]), True, unused).sum()
    with pytest.raises(RuntimeError, match="not have been used in the graph"):
        torch.autograd.grad(total, unused)
