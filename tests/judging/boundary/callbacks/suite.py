"""Functions of a suite that a submission calls: values, gradients and exceptions go both ways."""

import pytest
import torch
from submission import (
    Keeps,
    Wrapped,
    any_names,
    apply,
    chosen,
    compose,
    custom,
    descend,
    guarded,
    hvp,
    look,
    mapped,
    minimise,
    nested,
    newton,
    same,
    take,
    through,
    use,
    without_gradients,
    wrapped_error,
)
from torch import nn

# -------- calls


def test_a_callback_is_called_as_written():
    """Positional, keyword and starred arguments arrive."""
    assert apply(lambda *a, **k: (a, k), 1, [2], x=(3,)) == ((1, [2]), {"x": (3,)})


def test_a_callback_returns_any_plain_value():
    """Text, tensors and None come back from builtin functions, torch's and a suite's."""
    assert compose(str, abs, -3) == "3"
    assert apply(torch.nn.functional.relu, torch.tensor([-1.0, 1.0])).tolist() == [0, 1]
    assert apply(lambda: None) is None


def test_callbacks_come_in_containers():
    """Functions in a dict and a list are called."""
    assert use({"f": len, "more": [sum, max]}, [1, 2]) == [2, 3, 2]


def test_a_callback_is_one_object():
    """The same function is the same over there, and two are two."""

    def f(x):
        return x

    assert same(f, f)
    assert not same(f, lambda x: x)


def test_a_callback_gets_a_function():
    """A callback may be given a function of the submission, which calls over there."""
    assert nested(lambda g: g(1) + g(2)) == 5


def test_a_callback_is_a_key():
    """sorted, max and map of the submission call it."""
    assert chosen([3, -1, 2], abs) == ([-1, 2, 3], 3, [3, 1, 2])


def test_arguments_may_have_any_name():
    """A submission's parameters may be called what our own are: target, operation, function, args."""
    names = ("target", "operation", "function", "args", "kwargs", "op", "values", "name", "number")
    given = {name: number for number, name in enumerate(names)}
    assert any_names(**given) == sum(range(len(names)))
    assert apply(lambda **k: any_names(**k), **given) == sum(range(len(names)))


def test_a_callback_works_inside_a_forward():
    """A module of the submission calls back in its forward, and its parameters have gradients."""
    net = Wrapped(lambda z: z.exp())
    net(torch.zeros(2)).sum().backward()
    assert torch.equal(net.w.grad, torch.zeros(2))
    assert net.f(torch.zeros(1)).item() == 1


def test_a_callback_works_inside_a_generator():
    """A generator of the submission calls back when it is asked."""
    seen = []
    numbers = mapped(lambda v: seen.append(v) or 2 * v, [1, 2, 3])
    assert next(numbers) == 2
    assert seen == [1]
    assert list(numbers) == [4, 6]


def test_a_callback_works_inside_a_backward_pass():
    """A custom autograd function of the submission calls back in both directions."""
    x = torch.ones(2, requires_grad=True)
    custom(x, torch.exp, lambda z: 7 * z).sum().backward()
    assert torch.equal(x.grad, torch.full((2,), 7.0))


def test_a_callback_is_kept():
    """An object of the submission that was given a callback calls it later."""
    keeps = Keeps(max)
    assert keeps.call(1, 5) == 5
    assert keeps.call([2, 3]) == 3


# -------- gradients


def target():
    return torch.tensor([1.0, -2.0], dtype=torch.float64)


def bowl(z):
    return (z - target()).pow(2).sum()


def test_a_callback_is_minimised():
    """A submission follows the gradient of a suite's function, by autograd.grad."""
    start = torch.zeros(2, dtype=torch.float64)
    assert torch.allclose(minimise(bowl, start, 0.2, 40), target(), atol=1e-6)
    assert not start.any()


def test_a_callback_is_minimised_by_an_optimizer():
    """A submission follows the gradient of a suite's function, by backward and torch's SGD."""
    start = torch.zeros(2, dtype=torch.float64)
    assert torch.allclose(descend(bowl, start, 60), target(), atol=1e-4)


def test_a_callback_has_second_derivatives():
    """Newton's method and Hessian-vector products work on a suite's function."""
    assert newton(lambda z: (z - 5) ** 2, torch.tensor(1.0)).item() == 5
    x, v = torch.randn(2, 3, dtype=torch.float64)
    assert torch.allclose(hvp(lambda z: (z**3).sum(), x, v), 6 * x * v)


def test_gradients_go_through_a_callback():
    """What a callback computes is differentiated by the suite, in the argument and in what it closes over."""
    x = torch.randn(3, dtype=torch.float64, requires_grad=True)
    w = torch.randn(3, dtype=torch.float64, requires_grad=True)
    through(lambda z: (w * z).sin(), x).sum().backward()
    assert torch.allclose(x.grad, (6 * w * (2 * w * x).cos()).detach())
    assert torch.allclose(w.grad, (6 * x * (2 * w * x).cos()).detach())


def test_gradients_of_all_orders_go_through_a_callback():
    """gradcheck and gradgradcheck hold for a submission that calls back."""
    x = torch.randn(2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda z: through(torch.exp, z), (x,))
    assert torch.autograd.gradgradcheck(lambda z: through(torch.exp, z), (x,))


def test_grad_mode_holds_in_a_callback():
    """A callback under a submission's no_grad makes no graph."""
    w = torch.randn(3, requires_grad=True)
    assert without_gradients(lambda z: w * z, torch.randn(3)) is False


# -------- exceptions


class Own(Exception):
    pass


def test_an_exception_in_a_callback_comes_back_as_itself():
    """What a suite's function raises passes through the submission as the very same exception."""
    error = Own("mine", 3)

    def fail():
        raise error

    with pytest.raises(Own) as caught:
        apply(fail)
    assert caught.value is error
    with pytest.raises(ZeroDivisionError):
        apply(lambda: 1 / 0)


def test_a_submission_catches_an_exception_of_a_callback():
    """What a suite's function raises may be caught over there, and wrapped in another exception."""

    def fail():
        raise Own("mine")

    assert guarded(lambda: int("x")).startswith("caught invalid literal")
    with pytest.raises(RuntimeError, match="wrapped"):
        wrapped_error(fail)


def test_an_assertion_in_a_callback_fails_the_check():
    """An assertion of the suite inside a callback is a failed check."""
    # expect: failed: expected a positive number

    def wants_positive(x):
        assert x > 0, "expected a positive number"

    apply(wants_positive, 1)
    apply(wants_positive, -1)


def test_a_callback_that_returns_what_cannot_cross_is_the_authors_error():
    """A suite's function that returns an object of its own makes the kata broken."""
    # expect: broken: the suite failed before it called your code: CannotCross: a callback of the suite
    # returned a object, which cannot cross
    apply(lambda: object())


# -------- what is shown


def test_an_iterator_of_the_suite_is_lazy():
    """A generator is asked for one item at a time."""
    seen = []

    def numbers():
        while True:
            seen.append(len(seen))
            yield seen[-1]

    assert take(numbers(), 3) == [0, 1, 2] == seen


def test_items_of_an_iterator_keep_their_identity():
    """parameters() of a suite's module gives the parameters themselves."""
    module = nn.Linear(2, 2)
    weight, bias = take(module.parameters(), 5)
    assert weight is module.weight
    assert bias is module.bias


def test_a_callback_shows_nothing_but_a_call():
    """Code, globals and closure of a suite's function stay in the suite."""
    expected = "forty-one"
    assert look(lambda: expected) == ((False, False), [], "callback")
