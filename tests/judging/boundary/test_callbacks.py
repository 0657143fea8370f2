"""Functions of a suite that a submission calls: values, gradients and exceptions go both ways."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ml_katas.report import Status

if TYPE_CHECKING:
    from conftest import Engine

PASSED = (Status.PASSED, "")


def test_a_callback_is_called_as_written(engine: Engine) -> None:
    """Positional, keyword and starred arguments arrive, and any plain value comes back."""
    submission = """
        def apply(f, *args, **kwargs):
            return f(*args, **kwargs)

        def compose(f, g, x):
            return f(g(x))

        def use(table, x):
            return [table["f"](x), *(g(x) for g in table["more"])]

        def same(f, g):
            return f is g

        def nested(f, depth):
            return f(lambda x: x + 1) if depth else None

        def chosen(values, key):
            return sorted(values, key=key), max(values, key=key), list(map(key, values))
    """
    body = """
        assert apply(lambda *a, **k: (a, k), 1, [2], x=(3,)) == ((1, [2]), {"x": (3,)})
        assert compose(str, abs, -3) == "3" and use({"f": len, "more": [sum, max]}, [1, 2]) == [2, 3, 2]
        f = lambda x: x
        assert same(f, f) and not same(f, lambda x: x)
        assert nested(lambda g: g(1) + g(2), 1) == 5
        assert chosen([3, -1, 2], abs) == ([-1, 2, 3], 3, [3, 1, 2])
        assert apply(torch.nn.functional.relu, torch.tensor([-1.0, 1.0])).tolist() == [0, 1]
        assert apply(lambda: None) is None
    """
    assert engine.check(body, submission) == PASSED


def test_a_callback_is_differentiable(engine: Engine) -> None:
    """A submission minimises a suite's function, by backward, autograd.grad and second derivatives."""
    submission = """
        import torch

        def minimise(f, x0, lr, steps):
            x = x0.detach().clone().requires_grad_(True)
            for _ in range(steps):
                (grad,) = torch.autograd.grad(f(x), x)
                with torch.no_grad():
                    x -= lr * grad
            return x.detach()

        def descend(f, x0, steps):
            x = x0.clone().requires_grad_(True)
            optimizer = torch.optim.SGD([x], 0.1)
            for _ in range(steps):
                optimizer.zero_grad()
                f(x).backward()
                optimizer.step()
            return x.detach()

        def newton(f, x):
            x = x.detach().requires_grad_(True)
            (first,) = torch.autograd.grad(f(x), x, create_graph=True)
            (second,) = torch.autograd.grad(first, x)
            return x.detach() - first.detach() / second

        def hvp(f, x, v):
            x = x.detach().requires_grad_(True)
            (grad,) = torch.autograd.grad(f(x), x, create_graph=True)
            return torch.autograd.grad((grad * v).sum(), x)[0]

        def through(f, x):
            return 3 * f(2 * x)

        def without(f, x):
            with torch.no_grad():
                return f(x).requires_grad
    """
    body = """
        target = torch.tensor([1.0, -2.0], dtype=torch.float64)
        bowl = lambda z: (z - target).pow(2).sum()
        start = torch.zeros(2, dtype=torch.float64)
        assert torch.allclose(minimise(bowl, start, 0.2, 40), target, atol=1e-6) and not start.any()
        assert torch.allclose(descend(bowl, start, 60), target, atol=1e-4)
        assert newton(lambda z: (z - 5) ** 2, torch.tensor(1.0)).item() == 5
        x, v = torch.randn(3, dtype=torch.float64), torch.randn(3, dtype=torch.float64)
        assert torch.allclose(hvp(lambda z: (z ** 3).sum(), x, v), 6 * x * v)
        x.requires_grad_(True)
        w = torch.randn(3, dtype=torch.float64, requires_grad=True)
        through(lambda z: (w * z).sin(), x).sum().backward()
        assert torch.allclose(x.grad, (6 * w * (2 * w * x).cos()).detach())
        assert torch.allclose(w.grad, (6 * x * (2 * w * x).cos()).detach())
        assert torch.autograd.gradcheck(lambda z: through(torch.exp, z), (x,))
        assert torch.autograd.gradgradcheck(lambda z: through(torch.exp, z), (x,))
        assert without(lambda z: w * z, x) is False
    """
    assert engine.check(body, submission) == PASSED


def test_an_exception_in_a_callback_comes_back_as_itself(engine: Engine) -> None:
    """What a suite's function raises passes through the submission, which may catch it, as itself."""
    submission = """
        def apply(f):
            return f()

        def guarded(f):
            try:
                return f()
            except ValueError as error:
                return f"caught {error}"

        def wrapped(f):
            try:
                return f()
            except Exception as error:
                raise RuntimeError("wrapped") from error
    """
    suite = '''
        class Own(Exception):
            pass

        def test_promise():
            """It keeps its promise."""
            error = Own("mine", 3)

            def fail():
                raise error

            with pytest.raises(Own) as caught:
                apply(fail)
            assert caught.value is error
            with pytest.raises(ZeroDivisionError):
                apply(lambda: 1 / 0)
            assert guarded(lambda: int("x")).startswith("caught invalid literal")
            with pytest.raises(RuntimeError, match="wrapped"):
                wrapped(fail)
    '''
    report = engine.judge(suite, submission)
    assert (report.checks[0].status, report.checks[0].failure) == (Status.PASSED, None)


def test_an_assertion_in_a_callback_fails_the_check(engine: Engine) -> None:
    """An assertion of the suite inside a callback is a failed check."""
    submission = """
        def apply(f, x):
            return f(x)
    """
    body = """
        def wants_positive(x):
            assert x > 0, "expected a positive number"

        apply(wants_positive, 1)
        apply(wants_positive, -1)
    """
    assert engine.check(body, submission) == (Status.FAILED, "expected a positive number")


def test_an_iterator_of_the_suite_is_lazy(engine: Engine) -> None:
    """A generator or parameters() is asked for one item at a time, and items keep their identity."""
    submission = """
        from itertools import islice

        def take(items, n):
            return list(islice(items, n))
    """
    body = """
        seen = []

        def numbers():
            while True:
                seen.append(len(seen))
                yield seen[-1]

        assert take(numbers(), 3) == [0, 1, 2] == seen
        module = nn.Linear(2, 2)
        weight, bias = take(module.parameters(), 5)
        assert weight is module.weight and bias is module.bias
    """
    assert engine.check(body, submission) == PASSED


def test_a_callback_shows_nothing_but_a_call(engine: Engine) -> None:
    """Code, globals and closure of a suite's function stay in the suite."""
    submission = """
        import torch

        def look(f):
            values = [repr(c.cell_contents) for c in f.__closure__ or ()]
            names = set(f.__globals__) & {"test_promise", "pytest", "expected", "answer"}
            leaks = "forty-one" in "".join(values), "test_promise" in repr(f.__code__)
            return leaks, sorted(names), f.__name__
    """
    body = """
        expected = "forty-one"
        assert look(lambda: expected) == ((False, False), [], "callback")
    """
    assert engine.check(body, submission) == PASSED


def test_a_callback_that_returns_what_cannot_cross_is_the_authors_error(engine: Engine) -> None:
    """A suite's function that returns an object of its own makes the kata broken."""
    submission = """
        def apply(f):
            return f()
    """
    status, message = engine.check("apply(lambda: object())", submission)
    assert (status, message) == (
        Status.BROKEN,
        "the suite failed before it called your code: "
        "CannotCross: a callback of the suite returned a object, which cannot cross",
    )


def test_a_submission_calls_back_from_anywhere(engine: Engine) -> None:
    """Callbacks work inside a module's forward, a generator, a constructor and a custom backward."""
    submission = """
        import torch
        from torch import nn

        class Wrapped(nn.Module):
            def __init__(self, f):
                super().__init__()
                self.f, self.w = f, nn.Parameter(torch.ones(2))

            def forward(self, x):
                return self.f(self.w * x)

        def mapped(f, values):
            for value in values:
                yield f(value)

        class Grad(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x, f, g):
                ctx.g = g
                ctx.save_for_backward(x)
                return f(x)

            @staticmethod
            def backward(ctx, grad):
                return grad * ctx.g(*ctx.saved_tensors), None, None

        def custom(x, f, g):
            return Grad.apply(x, f, g)

        class Keeps:
            def __init__(self, f):
                self.f = f

            def call(self, *args):
                return self.f(*args)
    """
    body = """
        seen = []
        net = Wrapped(lambda z: z.exp())
        net(torch.zeros(2)).sum().backward()
        assert torch.equal(net.w.grad, torch.zeros(2)) and net.f(torch.zeros(1)).item() == 1
        numbers = mapped(lambda v: seen.append(v) or 2 * v, [1, 2, 3])
        assert next(numbers) == 2 and seen == [1] and list(numbers) == [4, 6]
        x = torch.ones(2, requires_grad=True)
        custom(x, torch.exp, lambda z: 7 * z).sum().backward()
        assert torch.equal(x.grad, torch.full((2,), 7.0))
        keeps = Keeps(max)
        assert keeps.call(1, 5) == 5 and keeps.call([2, 3]) == 3
    """
    assert engine.check(body, submission) == PASSED


def test_arguments_may_have_any_name(engine: Engine) -> None:
    """A submission's parameters may be called what our own are: target, operation, function, args."""
    names = ("target", "operation", "function", "args", "kwargs", "op", "values", "name", "number")
    submission = f"def one({', '.join(names)}):\n    return {' + '.join(names)}\n"
    given = ", ".join(f"{name}={n}" for n, name in enumerate(names))
    back = f"lambda **k: one(**k)\nassert one({given}) == {sum(range(len(names)))}"
    assert engine.check(f"back = {back}", submission) == PASSED
