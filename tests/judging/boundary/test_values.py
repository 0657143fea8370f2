"""Plain values cross both ways and come back as what they were."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ml_katas.report import Status

if TYPE_CHECKING:
    from conftest import Engine

PASSED = (Status.PASSED, "")
ECHO = """
    from copy import deepcopy

    def echo(x):
        return x

    def copy(x):
        return deepcopy(x)

    def text_of(x):
        return f"{type(x).__name__} {x!r}"
"""


def test_plain_values_come_back_as_they_went(engine: Engine) -> None:
    """None, numbers, text, bytes, containers, slices, dtypes and devices cross both ways, type included."""
    body = """
        plain = [
            None, True, False, 0, -1, 2**63 - 1, -(2**63), 2**63, -(10**200),
            1.5, 1e-320, math.inf, -math.inf, 2j, complex(1.5, -0.0),
            "", "naïve — 🙂 \\x00 \\u2028", b"", bytes(range(256)),
            [], (), {}, set(), frozenset(), [1, [2, [3]]], (1, (2,), [3]), {1, "a", (2, 3)},
            {1: "a", "b": (2,), (3, 4): {5: 6}, None: 0, 1.5: 1},
            frozenset({1, 2}), torch.Size([2, 3]), torch.Size([]), slice(1, None, 2), ..., torch.float32,
            torch.bool, torch.device("cpu"),
        ]
        for value in plain:
            back = echo(value)
            assert type(back) is type(value) and back == value, f"{value!r} came back as {back!r}"
            twin = copy(value)
            assert type(twin) is type(value) and twin == value, f"{value!r} came back as {twin!r}"
            assert text_of(value) == f"{type(value).__name__} {value!r}"
        assert math.isnan(echo(math.nan)) and math.copysign(1, echo(-0.0)) == -1
        assert math.copysign(1, echo(complex(0.0, -0.0)).imag) == -1
        assert echo(echo) is not None and list(echo({"b": 1, "a": 2})) == ["b", "a"]
    """
    assert engine.check(body, ECHO) == PASSED


@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 3), (2, 3, 4)])
def test_tensors_of_all_dtypes_come_back_bit_for_bit(engine: Engine, shape: tuple[int, ...]) -> None:
    """Every one of the twelve dtypes keeps its bytes, also where the tensor is empty or a single number."""
    body = f"""
        floats = [torch.float16, torch.bfloat16, torch.float32, torch.float64]
        others = [torch.complex64, torch.complex128, torch.bool, torch.uint8]
        for dtype in [*floats, *others, torch.int8, torch.int16, torch.int32, torch.int64]:
            x = (100 * torch.randn({shape})).to(torch.int8).to(dtype)
            if dtype.is_floating_point and x.numel():
                x.view(-1)[0] = math.nan
                x.view(-1)[-1] = -0.0
            back = echo(x.clone())
            assert (back.dtype, back.shape) == (dtype, x.shape)
            raw = lambda t: bytes(t.reshape(-1).view(torch.uint8).numpy()) if t.numel() else b""
            assert raw(back) == raw(x), dtype
            assert text_of(x).startswith("Tensor tensor(")
    """
    assert engine.check(body, ECHO) == PASSED


def test_an_argument_keeps_its_strides(engine: Engine) -> None:
    """A transposed, expanded, sliced or permuted argument arrives with the strides it has in the suite."""
    submission = """
        def layout(x):
            return tuple(x.shape), tuple(x.stride()), x.is_contiguous(), x.sum()
    """
    body = """
        base = torch.arange(24.0).reshape(2, 3, 4)
        for x in [base, base.transpose(0, 2), base.permute(1, 0, 2), torch.arange(3.0).expand(2, 3),
                  torch.ones(1, 1).expand(4, 5), base.mT]:
            assert layout(x) == (tuple(x.shape), x.stride(), x.is_contiguous(), x.sum())
        assert layout(base[:, ::2, 1:])[0::3] == ((2, 2, 3), base[:, ::2, 1:].sum())
    """
    assert engine.check(body, submission) == PASSED


def test_odd_tensors_of_a_submission_come_back_resolved(engine: Engine) -> None:
    """Conjugate, negative-bit, expanded and transposed results are plain tensors with the right values."""
    submission = """
        import torch

        def odd(x):
            return x.conj(), x.conj().imag, x.real.expand(2, 3), x.imag[::2], torch.view_as_real(x).mT
    """
    body = """
        x = torch.tensor([1 + 2j, 3 - 4j, 5j])
        got = odd(x)
        want = x.conj(), -x.imag, x.real.expand(2, 3), x.imag[::2], torch.view_as_real(x).mT
        for a, b in zip(got, want):
            assert torch.equal(a, b) and not a.is_conj() and not a.is_neg()
    """
    assert engine.check(body, submission) == PASSED


def test_a_thousand_tensors_cross_at_once(engine: Engine) -> None:
    """A tuple of a thousand tensors is one value like any other."""
    body = """
        many = tuple(torch.full((n % 5,), n) for n in range(1000))
        back = echo(many)
        assert len(back) == 1000 and all(torch.equal(a, b) for a, b in zip(back, many))
    """
    assert engine.check(body, ECHO) == PASSED


def test_numpy_arrays_and_scalars_become_tensors(engine: Engine) -> None:
    """NumPy arrays and scalars of a submission are tensors in the suite, with their dtype and shape."""
    submission = """
        import numpy as np

        def arrays():
            reversed_rows = np.arange(6.0).reshape(2, 3)[:, ::-1]
            return reversed_rows, np.float32(1.5), np.int64(3), np.bool_(True), np.array(2)

        def mean(values):
            return np.mean(np.asarray(values))

        def fill(values):
            values[0] = 7

        def kept(table):
            table["array"] = np.zeros(2)
            table["scalar"] = np.float32(0.5)
            table["text"] = np.str_("a")
            return table["array"]

        def objects():
            return np.array([None, "x"], dtype=object)
    """
    body = """
        a, b, c, d, e = arrays()
        assert torch.equal(a, torch.tensor([[2.0, 1, 0], [5, 4, 3]], dtype=torch.float64))
        assert (b.item(), b.dtype, c.item(), c.dtype, d.item(), d.dtype, e.item()) == (
            1.5, torch.float32, 3, torch.int64, True, torch.bool, 2)
        assert mean(np.array([1.0, 2.0])).item() == 1.5
        assert mean([1.0, 4.0]).item() == 2.5
        mine, table = np.array([1.0, 2.0]), {}
        fill(mine)
        assert mine.tolist() == [7, 2]
        assert kept(table) is not None and table["array"].tolist() == [0, 0] and table["text"] == "a"
        first = table["array"]
        assert mean(mine).item() == 4.5 and table["array"] is first and table["scalar"].dtype == torch.float32
        assert objects()[1] == "x"
    """
    assert engine.check(body, submission) == PASSED


def test_records_come_as_named_fields(engine: Engine) -> None:
    """Named tuples, dataclasses and torch's own return types keep their names, and tuples their places."""
    submission = """
        from collections import Counter, OrderedDict, defaultdict, namedtuple
        from dataclasses import dataclass
        from typing import NamedTuple
        import torch

        class Pair(NamedTuple):
            left: torch.Tensor
            right: int

        @dataclass
        class Result:
            loss: torch.Tensor
            names: list

        def pair():
            return Pair(torch.ones(2), 3)

        def results():
            return [Result(torch.zeros(1), ["a"]), Result(torch.ones(1), [])]

        def top(x):
            return x.topk(2)

        def mappings():
            counted = defaultdict(list)
            counted["a"].append(1)
            return OrderedDict(b=1, a=2), counted, Counter("aab"), {"deep": [{"x": (torch.ones(1),)}]}
    """
    body = """
        p = pair()
        left, right = p
        assert isinstance(p, tuple) and p.right == right == p[1] == 3 and torch.equal(p.left, torch.ones(2))
        first, second = results()
        assert torch.equal(first.loss, torch.zeros(1)) and first.names == ["a"] and second.names == []
        t = top(torch.tensor([3.0, 1.0, 2.0]))
        assert torch.equal(t.values, torch.tensor([3.0, 2.0])) and torch.equal(t.indices, t[1])
        ordered, counted, letters, deep = mappings()
        assert list(ordered.items()) == [("b", 1), ("a", 2)]
        assert counted == {"a": [1]} and letters == {"a": 2, "b": 1}
        assert torch.equal(deep["deep"][0]["x"][0], torch.ones(1))
    """
    assert engine.check(body, submission) == PASSED


def test_records_of_a_suite_arrive_as_records(engine: Engine) -> None:
    """A suite's named tuples, dataclasses and dictionaries of any kind can be read in the submission."""
    submission = """
        def read(pair, config, ordered, counted):
            return pair.left + pair[1] + config.width, list(ordered), counted["a"], type(ordered).__name__
    """
    suite = '''
        from dataclasses import dataclass
        from typing import NamedTuple

        class Pair(NamedTuple):
            left: int
            right: int

        @dataclass
        class Config:
            width: int

        def test_promise():
            """It keeps its promise."""
            got = read(Pair(1, 2), Config(3), OrderedDict(b=1, a=2), Counter("aab"))
            assert got == (6, ["b", "a"], 2, "dict")
    '''
    report = engine.judge(suite, submission)
    assert (report.status, report.checks[0].failure) == (Status.PASSED, None)


@pytest.mark.parametrize(
    ("made", "message"),
    [
        ("torch.eye(2).to_sparse()", "a sparse, quantised or nested tensor; a dense one is needed"),
        ("torch.ones(2, device='meta')", "a tensor on the meta device, which has no values"),
        (
            "torch.ones(2).to(torch.float8_e4m3fn)",
            "a tensor of dtype torch.float8_e4m3fn, which does not cross",
        ),
        ("torch.ones([1] * 17)", "a tensor of 17 dimensions; at most 16 cross"),
        ("list(range(30_000))", "a list of 30000 items; use tensors"),
        ("set(range(3_000))", "a set of more than 2000 items; use tensors"),
        ("deep(60)", "containers nested more than 40 deep"),
        ("[0] * 2 + [[0] * 19_000, [0] * 19_000]", "more than 20000 Python objects; use tensors"),
        ("1 << 10_000", "an integer of more than 8,000 bits"),
        ("'x' * (2 << 20)", "more than 1 MiB of Python objects; pass tensors"),
        ("torch.zeros(300 << 20, dtype=torch.uint8)", "300 MiB of tensors; the limit is 256 MiB"),
        ("Odd(torch.ones(2))", "a tensor subclass, Odd; a plain tensor is needed"),
    ],
)
def test_what_cannot_cross_is_said_in_words(engine: Engine, made: str, message: str) -> None:
    """A result that is not plain data, or too large, fails the check with a sentence that names it."""
    submission = f"""
        import torch

        def make():
            return {made}

        def deep(n):
            return [deep(n - 1)] if n else []

        Odd = type("Odd", (torch.Tensor,), {{}}) if {"Odd" in made} else None
    """
    found = engine.check("make()", submission, limits={"memory_mib": 2048})
    assert found == (Status.FAILED, f"your code made {message}")


def test_a_cyclic_list_is_refused(engine: Engine) -> None:
    """A list that holds itself fails the check."""
    submission = """
        def cycle():
            items = []
            items.append(items)
            return items
    """
    message = "your code made containers nested more than 40 deep"
    assert engine.check("cycle()", submission) == (Status.FAILED, message)


def test_what_a_suite_cannot_send_is_the_authors_error(engine: Engine) -> None:
    """An argument that is neither plain data nor callable makes the kata broken, not the submission wrong."""
    status, message = engine.check("echo(object())", ECHO)
    assert (status, message) == (
        Status.BROKEN,
        "the suite failed before it called your code: "
        "CannotCross: the suite passes a object to the submission, which cannot cross",
    )
