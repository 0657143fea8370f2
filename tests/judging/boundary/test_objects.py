"""Objects that stay in the sandbox behave in a suite as they would in a call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ml_katas.report import Status

if TYPE_CHECKING:
    from conftest import Engine

PASSED = (Status.PASSED, "")


def test_an_object_keeps_its_state_between_calls(engine: Engine) -> None:
    """Methods, attributes, indexing, len, contains, iteration, bool, repr and deletion reach the object."""
    submission = """
        class Box:
            kind = "box"

            def __init__(self, *items, limit=3):
                self.items, self.limit = list(items), limit

            def put(self, item):
                self.items.append(item)
                return self

            @property
            def size(self):
                return len(self.items)

            @classmethod
            def of(cls, n):
                return cls(*range(n))

            @staticmethod
            def answer():
                return 42

            def __len__(self):
                return len(self.items)

            def __getitem__(self, i):
                return self.items[i]

            def __setitem__(self, i, item):
                self.items[i] = item

            def __delitem__(self, i):
                del self.items[i]

            def __contains__(self, item):
                return item in self.items

            def __iter__(self):
                return iter(self.items)

            def __repr__(self):
                return f"Box{self.items}"

            def __call__(self, n):
                return n * self.limit

        def make():
            return Box(1)
    """
    body = """
        box = Box(1, 2, limit=5)
        assert box.put(3) is box and len(box) == box.size == 3 and box.items == [1, 2, 3]
        assert (box[0], box[-1], box[1:], list(box)) == (1, 3, [2, 3], [1, 2, 3])
        assert 2 in box and 9 not in box
        box[0] = "a"
        del box[1]
        assert [*box] == ["a", 3] and repr(box) == str(box) == "Box['a', 3]" and f"{box}" == "Box['a', 3]"
        assert box.limit == 5 and box(2) == 10
        box.limit = 7
        assert box(1) == 7 and bool(box) and not Box()
        del box.limit
        assert not hasattr(box, "limit") and hasattr(box, "items")
        with pytest.raises(AttributeError, match="limit"):
            box.limit
        assert len(Box.of(3)) == 3 and Box.answer() == 42 and Box.kind == "box" and Box.__name__ == "Box"
        assert isinstance(box, Box) and isinstance(make(), Box) and not isinstance(3, Box)
        twin = deepcopy(box)
        twin.put(4)
        assert (len(twin), len(box)) == (3, 2) and twin is not box and isinstance(twin, Box)
        with pytest.raises(IndexError):
            box[99]
        with pytest.raises(TypeError):
            box + 1
        first, second = Box(1, 2)
        assert (first, second) == (1, 2)
        assert {box: 1}[box] == 1 and box in [box] and box is not make()
    """
    assert engine.check(body, submission) == PASSED


def test_a_value_class_computes(engine: Engine) -> None:
    """Operators of a class, also with the suite's numbers on the left, give objects of that class."""
    submission = """
        class Value:
            def __init__(self, data, parents=()):
                self.data, self.grad, self._parents, self._backward = data, 0.0, parents, lambda: None

            def __add__(self, other):
                other = other if isinstance(other, Value) else Value(other)
                out = Value(self.data + other.data, (self, other))

                def backward():
                    self.grad += out.grad
                    other.grad += out.grad

                out._backward = backward
                return out

            def __mul__(self, other):
                other = other if isinstance(other, Value) else Value(other)
                out = Value(self.data * other.data, (self, other))

                def backward():
                    self.grad += other.data * out.grad
                    other.grad += self.data * out.grad

                out._backward = backward
                return out

            def __pow__(self, n):
                out = Value(self.data ** n, (self,))

                def backward():
                    self.grad += n * self.data ** (n - 1) * out.grad

                out._backward = backward
                return out

            def __neg__(self):
                return self * -1

            def __sub__(self, other):
                return self + -other

            def __truediv__(self, other):
                return self * other ** -1

            def __radd__(self, other):
                return self + other

            def __rmul__(self, other):
                return self * other

            def __rsub__(self, other):
                return -self + other

            def __eq__(self, other):
                return isinstance(other, Value) and self.data == other.data

            def __hash__(self):
                return id(self)

            def __lt__(self, other):
                return self.data < other.data

            def backward(self):
                order, seen = [], set()

                def visit(v):
                    if id(v) not in seen:
                        seen.add(id(v))
                        for p in v._parents:
                            visit(p)
                        order.append(v)

                visit(self)
                self.grad = 1.0
                for v in reversed(order):
                    v._backward()
    """
    body = """
        a, b = Value(2.0), Value(-3.0)
        c = a * b + 10.0
        d = (2 * a - 1 + c ** 2) / b
        d = 1 - d + sum([a, b])
        d.backward()
        x = torch.tensor(2.0, requires_grad=True, dtype=torch.float64)
        y = torch.tensor(-3.0, requires_grad=True, dtype=torch.float64)
        z = 1 - (2 * x - 1 + (x * y + 10) ** 2) / y + x + y
        z.backward()
        assert math.isclose(d.data, z.item()) and math.isclose(a.grad, x.grad.item())
        assert math.isclose(b.grad, y.grad.item())
        assert isinstance(d, Value) and Value(1.0) == Value(1.0) and Value(1.0) != Value(2.0) and a != 2.0
        assert b < a and a > b and max(a, b) is a and min([a, b], key=lambda v: v.data) is b
        a += 1
        assert a.data == 3.0 and isinstance(a, Value)
    """
    assert engine.check(body, submission) == PASSED


def test_iterators_are_lazy(engine: Engine) -> None:
    """Generators run only as far as they are asked, take send and close, and iterators keep their place."""
    submission = """
        import itertools

        log = []

        def numbers():
            n = 0
            while True:
                log.append(n)
                yield n
                n += 1

        def seen():
            return list(log)

        def batches(x, size):
            for start in range(0, len(x), size):
                yield x[start:start + size]

        def returns():
            yield 1
            return 2

        def mapped(n):
            squares = map(lambda i: i * i, range(n))
            return squares, zip("ab", [1, 2]), enumerate("xy"), range(3), {"k": 1}.items()

        def echo():
            got = yield "ready"
            while got is not None:
                got = yield got * 2

        def failing():
            yield 1
            raise ValueError("after one")

        class Count:
            def __init__(self, n):
                self.n = n

            def __iter__(self):
                return self

            def __next__(self):
                if not self.n:
                    raise StopIteration
                self.n -= 1
                return self.n
    """
    body = """
        assert list(islice(numbers(), 3)) == [0, 1, 2] and seen() == [0, 1, 2]
        it = numbers()
        assert next(it) == 0 and next(it) == 1 and iter(it) is it or next(iter(it)) == 2
        x = torch.arange(10)
        assert [len(b) for b in batches(x, 4)] == [4, 4, 2]
        assert torch.equal(torch.cat(list(batches(x, 3))), x)
        assert list(returns()) == [1] and next(iter([])  , "none") == "none"
        once = batches(x, 5)
        assert len(list(once)) == 2 and list(once) == [] and next(once, None) is None
        squares, pairs, places, three, items = mapped(4)
        assert (list(squares), list(pairs), list(places), list(three), list(items)) == (
            [0, 1, 4, 9], [("a", 1), ("b", 2)], [(0, "x"), (1, "y")], [0, 1, 2], [("k", 1)])
        talk = echo()
        assert next(talk) == "ready" and talk.send(4) == 8
        talk.close()
        fails = failing()
        assert next(fails) == 1
        with pytest.raises(ValueError, match="after one"):
            next(fails)
        assert list(Count(3)) == [2, 1, 0]
        for n, value in zip(range(2), numbers()):
            assert n == value
    """
    assert engine.check(body, submission) == PASSED


def test_context_managers_enter_and_leave(engine: Engine) -> None:
    """with works on a submission's managers, which see the exception and may swallow it."""
    submission = """
        import contextlib

        log = []

        def events():
            return list(log)

        class Manager:
            def __init__(self, swallow=False):
                self.swallow = swallow

            def __enter__(self):
                log.append("enter")
                return self

            def __exit__(self, kind, error, tb):
                log.append(kind.__name__ if kind else "exit")
                return self.swallow

        @contextlib.contextmanager
        def manager():
            log.append("begin")
            try:
                yield 5
            finally:
                log.append("end")
    """
    body = """
        with Manager() as m:
            assert isinstance(m, Manager)
        with manager() as five:
            assert five == 5
        assert events() == ["enter", "exit", "begin", "end"]
        with Manager(swallow=True):
            raise ValueError("swallowed")
        with pytest.raises(KeyError):
            with Manager():
                raise KeyError("kept")
        assert events()[4:] == ["enter", "ValueError", "enter", "KeyError"]
    """
    assert engine.check(body, submission) == PASSED


def test_closures_and_partials_are_called(engine: Engine) -> None:
    """A function that a submission returns is called where it lives, and goes back as itself."""
    submission = """
        import functools

        def adder(n):
            return lambda x: x + n

        def compose(f, g):
            return lambda x: f(g(x))

        def partial(n):
            return functools.partial(pow, n)

        def same(f, g):
            return f is g

        def counter():
            count = 0

            def step():
                nonlocal count
                count += 1
                return count

            return step

        class Shape:
            pass

        def kinds():
            return Shape, int

        def table():
            return {"add": adder(1), "list": [adder(2)]}
    """
    body = """
        add = adder(2)
        assert add(3) == 5 and callable(add) and same(add, add) and not same(add, adder(2))
        assert compose(add, adder(10))(1) == 13 and compose(adder, adder)  is not None
        assert partial(2)(5) == 32 and compose(lambda x: -x, add)(1) == -3
        one, two = counter(), counter()
        assert (one(), one(), two(), one()) == (1, 2, 1, 3)
        assert table()["add"](1) == 2 and table()["list"][0](1) == 3
        shape, integer = kinds()
        assert isinstance(shape(), Shape)
        x = torch.ones(2, requires_grad=True)
        adder(x)(x).sum().backward()
        assert torch.equal(x.grad, torch.full((2,), 2.0))
    """
    assert engine.check(body, submission) == PASSED


def test_objects_are_let_go(engine: Engine) -> None:
    """An object that the suite drops is freed in the sandbox, so that long suites stay small."""
    submission = """
        import gc
        import weakref

        alive = weakref.WeakSet()

        class Thing:
            def __init__(self):
                alive.add(self)

        def count():
            gc.collect()
            return len(alive)
    """
    body = """
        things = [Thing() for _ in range(50)]
        assert count() == 50
        del things[10:]
        count()
        assert count() <= 11
    """
    assert engine.check(body, submission) == PASSED


def test_an_object_of_another_check_still_works(engine: Engine) -> None:
    """What a fixture or an earlier check holds stays usable; state lives as long as the sandbox."""
    submission = """
        class Counter2:
            def __init__(self):
                self.n = 0

            def step(self):
                self.n += 1
                return self.n
    """
    suite = '''
        @pytest.fixture(scope="module")
        def shared():
            return Counter2()

        def test_first(shared):
            """It counts one."""
            assert shared.step() == 1

        def test_second(shared):
            """It counts two."""
            assert shared.step() == 2
    '''
    report = engine.judge(suite, submission)
    assert [(c.status, c.failure) for c in report.checks] == [(Status.PASSED, None)] * 2


def test_a_dataclass_instance_made_by_the_suite_is_an_object(engine: Engine) -> None:
    """An entry-point class that is a dataclass gives an object whose methods and fields work."""
    submission = """
        from dataclasses import dataclass, field
        from typing import NamedTuple

        @dataclass
        class Config:
            width: int = 3
            names: list = field(default_factory=list)

            def double(self):
                return Config(2 * self.width)

        class Point(NamedTuple):
            x: int
            y: int = 0

            def norm(self):
                return self.x + self.y

        def read(config):
            return config.width
    """
    body = """
        config = Config(width=4)
        assert config.width == 4 and config.double().width == 8 and read(config) == 4 and config == Config(4)
        config.names.append("a")
        assert config.names == ["a"] and isinstance(config, Config)
        config.width = 5
        assert read(config) == 5
        point = Point(1, 2)
        assert point.x == 1 and point.norm() == 3 and isinstance(point, Point)
    """
    assert engine.check(body, submission) == PASSED
