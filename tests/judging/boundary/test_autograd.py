"""Gradients cross as if suite and submission were one program."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ml_katas.report import Status

if TYPE_CHECKING:
    from conftest import Engine

PASSED = (Status.PASSED, "")


def test_gradients_of_all_orders_but_the_third(engine: Engine) -> None:
    """gradcheck and gradgradcheck hold through the boundary, in real and complex numbers."""
    submission = """
        import torch

        def f(x, y):
            return (x * y).sin() + x ** 3, y.exp()

        def g(z):
            return z * z.conj() * (1 + 2j)
    """
    body = """
        x = torch.randn(3, dtype=torch.float64, requires_grad=True)
        y = torch.randn(3, dtype=torch.float64, requires_grad=True)
        assert torch.autograd.gradcheck(f, (x, y)) and torch.autograd.gradgradcheck(f, (x, y))
        z = torch.randn(2, dtype=torch.complex128, requires_grad=True)
        assert torch.autograd.gradcheck(g, (z,)) and torch.autograd.gradgradcheck(g, (z,))
    """
    assert engine.check(body, submission) == PASSED


def test_backward_fills_the_gradients_of_arguments(engine: Engine) -> None:
    """backward() reaches leaves and what lies before an argument, once for each use of it."""
    submission = """
        def product(x, y):
            return x * y

        def parts(x, y):
            return {"double": 2 * x, "both": [x + y, (y * y,)], "plain": 3}
    """
    body = """
        x = torch.tensor([1.0, 2.0], requires_grad=True)
        product(x, x).sum().backward()
        assert torch.equal(x.grad, 2 * x.detach())
        x.grad = None
        before = x * 3
        product(before, torch.ones(2)).sum().backward()
        assert torch.equal(x.grad, torch.full((2,), 3.0))
        y = torch.tensor([5.0, 7.0], requires_grad=True)
        out = parts(x, y)
        gx, gy = torch.autograd.grad(out["double"].sum() + out["both"][1][0].sum(), (x, y))
        assert torch.equal(gx, torch.full((2,), 2.0)) and torch.equal(gy, 2 * y.detach())
        (only,) = torch.autograd.grad(out["both"][0][1], (y,), retain_graph=True)
        assert torch.equal(only, torch.tensor([0.0, 1.0]))
        left, right = torch.autograd.grad(out["double"].sum(), (x, y), allow_unused=True)
        assert torch.equal(left, torch.full((2,), 2.0)) and (right is None or not right.any())
        assert out["plain"] == 3
        w = torch.randn(2, requires_grad=True)
        chained = product(product(x, w), product(w, y))
        (gw,) = torch.autograd.grad(chained.sum(), w)
        assert torch.allclose(gw, (2 * x * w * y).detach())
    """
    assert engine.check(body, submission) == PASSED


def test_grad_mode_and_flags_travel(engine: Engine) -> None:
    """no_grad, requires_grad, is_leaf, detach and dtype are seen on both sides."""
    submission = """
        import torch

        def modes(x):
            return torch.is_grad_enabled(), x.requires_grad, x.is_leaf, (2 * x).requires_grad

        def twice(x):
            return 2 * x

        def cut(x):
            return (2 * x).detach(), x.argmax(), x > 0, twice(x)

        def fresh():
            return torch.ones(2, requires_grad=True)
    """
    body = """
        x = torch.ones(2, requires_grad=True)
        assert modes(x) == (True, True, True, True) and modes(x.detach()) == (True, False, True, False)
        assert modes(2 * x)[0:2] == (True, True) and modes(2 * x)[3] is True
        with torch.no_grad():
            assert modes(x) == (False, True, True, False) and not twice(x).requires_grad
        assert twice(x).requires_grad and twice(x).grad_fn is not None and not twice(x).is_leaf
        detached, index, mask, joined = cut(x)
        assert [t.requires_grad for t in (detached, index, mask, joined)] == [False, False, False, True]
        leaf = fresh()
        assert leaf.requires_grad and leaf.is_leaf
        (3 * leaf).sum().backward()
        assert torch.equal(leaf.grad, torch.full((2,), 3.0))
    """
    assert engine.check(body, submission) == PASSED


def test_a_graph_can_be_walked_again(engine: Engine) -> None:
    """retain_graph keeps a graph; create_graph gives a gradient that can be differentiated once more."""
    submission = """
        def cube(x):
            return x ** 3
    """
    body = """
        x = torch.tensor(2.0, requires_grad=True)
        y = cube(x)
        y.backward(retain_graph=True)
        y.backward()
        assert x.grad.item() == 24
        (first,) = torch.autograd.grad(cube(x), x, create_graph=True)
        (second,) = torch.autograd.grad(first, x)
        assert (first.item(), second.item()) == (12, 12)
        assert torch.autograd.functional.hessian(cube, torch.tensor(3.0)).item() == 18
        penalty = (torch.autograd.grad(cube(x), x, create_graph=True)[0] - 1) ** 2
        x.grad = None
        penalty.backward()
        assert x.grad.item() == 2 * 11 * 12
    """
    assert engine.check(body, submission) == PASSED


def test_a_third_derivative_is_refused_in_words(engine: Engine) -> None:
    """The third derivative across the boundary says that it does not cross."""
    submission = """
        def cube(x):
            return x ** 3
    """
    body = """
        x = torch.tensor(2.0, requires_grad=True)
        (first,) = torch.autograd.grad(cube(x), x, create_graph=True)
        (second,) = torch.autograd.grad(first, x, create_graph=True)
        with pytest.raises(RuntimeError, match="third-order derivatives do not cross"):
            torch.autograd.grad(second, x)
    """
    assert engine.check(body, submission) == PASSED


def test_a_submission_differentiates_by_itself(engine: Engine) -> None:
    """backward, autograd.grad and custom autograd functions work inside a submission and through it."""
    submission = """
        import torch

        class Square(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                ctx.save_for_backward(x)
                return x * x

            @staticmethod
            def backward(ctx, grad):
                (x,) = ctx.saved_tensors
                return 10 * grad * x

        def square(x):
            return Square.apply(x)

        def gradient(x):
            (grad,) = torch.autograd.grad((x ** 3).sum(), x)
            return grad

        def kept(x):
            return torch.autograd.grad((x ** 3).sum(), x, create_graph=True)[0]

        def fill(x):
            (x ** 2).sum().backward()

        def own(x):
            x = x.detach().clone().requires_grad_(True)
            (x ** 2).sum().backward()
            return x.grad
    """
    body = """
        x = torch.tensor([1.0, 2.0], requires_grad=True)
        square(x).sum().backward()
        assert torch.equal(x.grad, torch.tensor([10.0, 20.0]))
        assert torch.equal(gradient(x), torch.tensor([3.0, 12.0])) and not gradient(x).requires_grad
        assert torch.equal(torch.autograd.grad(kept(x).sum(), x)[0], torch.tensor([6.0, 12.0]))
        fill(x)
        assert torch.equal(x.grad, torch.tensor([12.0, 24.0]))
        fill(x)
        assert torch.equal(x.grad, torch.tensor([14.0, 28.0]))
        assert torch.equal(own(x), torch.tensor([2.0, 4.0]))
        assert torch.equal(x.grad, torch.tensor([14.0, 28.0]))
    """
    assert engine.check(body, submission) == PASSED


def test_a_broken_backward_is_the_submissions_error(engine: Engine) -> None:
    """An exception in a custom backward arrives as itself, a gradient of a wrong shape in torch's words."""
    submission = """
        import torch

        class Bad(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x, wrong):
                ctx.wrong = wrong
                return x.clone()

            @staticmethod
            def backward(ctx, grad):
                if ctx.wrong == "raises":
                    raise KeyError("nothing here")
                return grad[:1], None

        def bad(x, wrong):
            return Bad.apply(x, wrong)
    """
    body = """
        x = torch.ones(3, requires_grad=True)
        bad(x, "{}").sum().backward()
    """
    assert engine.check(body.format("raises"), submission) == (Status.ERROR, "KeyError: nothing here")
    status, message = engine.check(body.format("shape"), submission)
    assert status is Status.ERROR
    assert message.startswith("RuntimeError: Function BadBackward returned an invalid gradient at index 0")


def test_hooks_on_results_run_in_the_suite(engine: Engine) -> None:
    """retain_grad and register_hook work on what a submission returned, and on its arguments."""
    submission = """
        def double(x):
            return 2 * x
    """
    body = """
        x, seen = torch.ones(2, requires_grad=True), []
        middle = double(x)
        middle.retain_grad()
        x.register_hook(lambda grad: seen.append(grad.clone()))
        double(middle).sum().backward()
        assert torch.equal(middle.grad, torch.full((2,), 2.0))
        assert torch.equal(seen[0], torch.full((2,), 4.0)) and torch.equal(x.grad, torch.full((2,), 4.0))
    """
    assert engine.check(body, submission) == PASSED


def test_long_chains_of_calls_stay_connected(engine: Engine) -> None:
    """A hundred calls, each on the result of the one before, give the gradient of their composition."""
    submission = """
        def step(x):
            return 0.9 * x
    """
    body = """
        x = torch.ones(2, dtype=torch.float64, requires_grad=True)
        y = x
        for _ in range(100):
            y = step(y)
        y.sum().backward()
        assert torch.allclose(x.grad, torch.full((2,), 0.9 ** 100, dtype=torch.float64))
    """
    assert engine.check(body, submission) == PASSED


def test_results_may_share_an_object(engine: Engine) -> None:
    """A tensor returned twice, an argument returned as it is and a view are joined to the graph alike."""
    submission = """
        def same(x):
            y = x * 2
            return y, y, x, x.view(-1), y[0]
    """
    body = """
        x = torch.ones(2, 2, requires_grad=True)
        a, b, same_x, view, row = same(x)
        assert same_x is x
        (a.sum() + 3 * b.sum() + view.sum() + row.sum()).backward()
        assert torch.equal(x.grad, torch.tensor([[11.0, 11.0], [9.0, 9.0]]))
    """
    assert engine.check(body, submission) == PASSED


def test_integer_and_unused_arguments_are_left_alone(engine: Engine) -> None:
    """Indices, masks and unused arguments take part in a call without gradients of their own."""
    submission = """
        def pick(x, index, mask, unused):
            return (x[index] * mask)
    """
    body = """
        x, unused = torch.randn(5, requires_grad=True), torch.randn(2, requires_grad=True)
        out = pick(x, torch.tensor([0, 3]), torch.tensor([True, False]), unused)
        out.sum().backward()
        assert torch.equal(x.grad, torch.tensor([1.0, 0, 0, 0, 0])) and unused.grad is None
        with pytest.raises(RuntimeError, match="not have been used in the graph"):
            torch.autograd.grad(pick(x, torch.tensor([0]), True, unused).sum(), unused)
    """
    assert engine.check(body, submission) == PASSED
