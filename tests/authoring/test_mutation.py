"""Automatic mutants are one small mistake each, at the place where someone would make it."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from types import CodeType

import pytest

from ml_katas.authoring.mutation import AutoMutant, automatic_mutants, diff

KATAS = Path(__file__).parents[2] / "katas"
SOLUTIONS = sorted(KATAS.glob("*/solution.py"))
RIGHT = [*SOLUTIONS, *sorted(KATAS.glob("*/variants/*.py"))]
IMPORTS = "import math\nimport torch\nfrom torch import nn\nfrom torch.nn import functional as F\n"


def mutations(source: str) -> list[str]:
    return [mutant.mutation for mutant in automatic_mutants(IMPORTS + source)]


def lines(source: str) -> list[str]:
    """Return the first line that each mutant changes, as it is then."""
    before = (IMPORTS + source).splitlines()
    mutants = [mutant.source.decode().splitlines() for mutant in automatic_mutants(IMPORTS + source)]
    return [next((n for n, o in zip(after, before, strict=False) if n != o), "").strip() for after in mutants]


def within(body: str, *parameters: str) -> str:
    """Return a function with the lines of *body*."""
    return f"def f({', '.join(parameters)}):\n" + "".join(f"    {line}\n" for line in body.splitlines())


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("y = x.softmax(-1)", ["y = x.softmax(0)", "y = x.softmax(-2)", "y = x.softmax(1)"]),
        ("y = torch.cumsum(x, 1)", ["y = torch.cumsum(x, 2)", "y = torch.cumsum(x, 0)"]),
        ("y = x.sum(dim=d)", ["y = x.sum(dim=-1)", "y = x.sum(dim=0)", "y = x.sum()"]),
        ("y = x.amax(1, True)", ["y = x.amax(0, True)", "y = x.amax(True)", "y = x.amax(1, False)"]),
        ("y = x.norm(dim=-1, p=2)", ["y = x.norm(p=2)"]),
        ("y = x.flatten(0, 1)", ["y = x.flatten(1, 1)", "y = x.flatten(0)", "y = x.flatten(1, 0)"]),
        ("y = x.transpose(1, 2)", ["y = x.transpose(1, 3)", "y = x"]),
        ("y = x.gather(-1, i)", ["y = x.gather(0, i)"]),
        ("y = x.view(a, b)", ["y = x.view(b, a)"]),
        ("y = x @ w.T", ["y = x @ w", "y = w.T @ x", "y = x"]),
        ("y = x.mT.contiguous()", ["y = x.contiguous()"]),
    ],
)
def test_axes_are_mistaken(line: str, expected: list[str]) -> None:
    """An axis is another one, or none; a transpose is forgotten; sizes stand in each other's place."""
    assert set(expected) <= set(lines(line))


@pytest.mark.parametrize("call", ["topk(k, dim=-1)", "sort(dim=-1)", "argsort(dim=-1)"])
def test_an_axis_that_is_the_default_is_not_dropped(call: str) -> None:
    """What an operation does by itself is no mistake when it is left out."""
    assert "dim=-1 -> nothing" not in mutations(f"y = x.{call}")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("y = x.topk(k)", ["y = x.topk(k + 1)", "y = x.topk(k - 1)", "y = x.topk(k, largest=False)"]),
        ("y = torch.topk(x, 2)", ["y = torch.topk(x, 3)", "y = torch.topk(x, 2, largest=False)"]),
        ("y = x.sort()", ["y = x.sort(descending=True)"]),
        ("y = x.sort(descending=True)", ["y = x.sort(descending=False)"]),
        ("y = x.sum(1, keepdim=True)", ["y = x.sum(1, keepdim=False)"]),
        ("y = x.var(-1)", ["y = x.var(-1, unbiased=False)"]),
        ("y = x.var(-1, correction=0)", ["y = x.var(-1, correction=1)"]),
        ("y = w.requires_grad_(False)", ["y = w.requires_grad_(True)", "y = w"]),
        ("y = F.nll_loss(x, t, reduction='sum')", ['y = F.nll_loss(x, t, reduction="mean")']),
        ("y = x.sum(dtype=d)", ["y = x.sum()"]),
        ("y = F.dropout(x, p, training=on)", ["y = F.dropout(x, p)", "y = x"]),
    ],
)
def test_options_are_mistaken(line: str, expected: list[str]) -> None:
    """An option is the other one, is added or is forgotten; one entry more or less is kept."""
    assert set(expected) <= set(lines(line))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("y = x / math.sqrt(d)", ["y = x", "y = x * math.sqrt(d)", "y = x / d"]),
        ("y = x * scale", ["y = x", "y = scale", "y = x * scale**2", "y = x / scale"]),
        ("y = d**-0.5", ["y = d**-1.0", "y = d**0.5", "y = d"]),
        ("y = a + b", ["y = a - b", "y = a", "y = b"]),
        ("y = (a + b) * c", ["y = (a + b)", "y = (a - b) * c", "y = (a + b) / c"]),
        ("y = a // b", ["y = a / b"]),
        ("y = 2 * n + 1", ["y = 3 * n + 1", "y = 1 * n + 1", "y = 2 * n + 2", "y = 2 * n + 0"]),
        ("y = 0.9 * x", ["y = 1.8 * x"]),
        ("y = 10000.0**x", ["y = 20000.0**x"]),
        ("y = -x", ["y = x"]),
        ("total += x", ["total -= x", "total = x", "pass"]),
    ],
)
def test_arithmetic_is_mistaken(line: str, expected: list[str]) -> None:
    """An operator is another one, a factor is dropped or squared, a number is off."""
    assert set(expected) <= set(lines(line))


@pytest.mark.parametrize("line", ["y = a + b", "y = a * b"])
def test_what_commutes_is_not_exchanged(line: str) -> None:
    """The operands of plus and times are not exchanged: that changes nothing."""
    assert not {"y = b + a", "y = b * a"} & set(lines(line))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("y = x / (v + 1e-5)", ["y = x / (v + 0.0)"]),
        ("y = x / (n + self.eps)", ["y = x / (n + 0.0)"]),
        ("y = torch.sqrt(v + eps)", ["y = (torch.sqrt(v) + eps)", "y = torch.sqrt(v + 0.0)"]),
        ("y = x * torch.rsqrt(v + eps)", ["y = x * (1 / (torch.sqrt(v) + eps))"]),
        ("y = (v + 1e-6).sqrt()", ["y = (v.sqrt() + 1e-6)"]),
        ("y = (v + eps) ** -0.5", ["y = (1 / (v**0.5 + eps))"]),
        ("y = v.sqrt() + eps", ["y = (v + eps).sqrt()"]),
        ("y = torch.sqrt(a * b) + eps", ["y = torch.sqrt((a * b) + eps)"]),
    ],
)
def test_epsilon_is_forgotten_or_stands_elsewhere(line: str, expected: list[str]) -> None:
    """An epsilon is zero, or moves from under a root to after it, or back."""
    assert set(expected) <= set(lines(line))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("y = x.mean(0)", ["y = x.sum(0)"]),
        ("y = x.amax(0)", ["y = x.amin(0)"]),
        ("y = torch.sin(x)", ["y = torch.cos(x)"]),
        ("y = x.softmax(-1)", ["y = x.sigmoid()", "y = x.log_softmax(-1)", "y = x"]),
        ("y = F.softmax(x + b, dim=1)", ["y = F.sigmoid(x + b)", "y = (x + b)"]),
        ("y = x.cumsum(0)", ["y = x"]),
        ("y = x.repeat(2)", ["y = x.repeat_interleave(2)"]),
        ("y = x.scatter_add(0, i, v)", ["y = x.scatter(0, i, v)"]),
        ("y = x.index_add_(0, i, v)", ["y = x.index_copy_(0, i, v)"]),
        ("y = x.max(0).values", ["y = x.max(0).indices"]),
        ("y = x.float().to(d)", ["y = x.float()", "y = x.to(d)"]),
        ("y = torch.zeros(3, dtype=torch.float64)", ["y = torch.zeros(3, dtype=torch.float32)"]),
        ("y = x.clone()", ["y = x"]),
        ("y = max(a, b)", ["y = min(a, b)"]),
        ("self.w = nn.Parameter(x)", ["self.w = x"]),
        ("self.layers = nn.ModuleList([a, b])", ["self.layers = [a, b]"]),
        ("y = self.norm(x)", ["y = x"]),
    ],
)
def test_calls_are_mistaken(line: str, expected: list[str]) -> None:
    """The wrong operation is called, or none."""
    assert set(expected) <= set(lines(line))


@pytest.mark.parametrize("line", ["y = x.contiguous()", "y = x.to(device=d)", "y = x.to(x.device)"])
def test_what_only_moves_a_tensor_is_not_dropped(line: str) -> None:
    """No mutant leaves out where or how a tensor lies in memory: results do not tell."""
    assert "y = x" not in lines(line)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("y = a < b", ["y = a <= b", "y = a > b"]),
        ("y = a == b", ["y = a != b"]),
        ("y = i >= j", ["y = i > j", "y = i <= j"]),
        ("y = a and b or c", ["y = a or b or c", "y = a and b and c"]),
        ("y = x if c else z", ["y = x if True else z", "y = x if False else z"]),
        ("y = not a", ["y = a"]),
        ("y = ~m", ["y = m"]),
        ("y = x.masked_fill(m, 0.0)", ["y = x.masked_fill(~m, 0.0)", "y = x.masked_fill(m, 1.0)"]),
        ("y = x.masked_fill(m == 0, v)", ["y = x.masked_fill(~(m == 0), v)"]),
        ("y = torch.where(m, a, b)", ["y = torch.where(m, b, a)"]),
        ("y = x.masked_fill(m, float('-inf'))", ["y = x.masked_fill(m, 0.0)"]),
        ("y = torch.where(m, x, -1e9)", ["y = torch.where(m, x, 0.0)", "y = torch.where(m, x, 1e9)"]),
        ("y = x.tril()", ["y = x.triu()", "y = x.tril(diagonal=-1)", "y = x"]),
        ("y = a if self.training else b", ["y = a if (not self.training) else b"]),
        ("y = True", ["y = False"]),
    ],
)
def test_logic_is_mistaken(line: str, expected: list[str]) -> None:
    """A comparison takes its boundary in, a condition always holds, a mask is inside out."""
    assert set(expected) <= set(lines(line))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("y = x[:k]", ["y = x[:k + 1]", "y = x[:k - 1]", "y = x[:]"]),
        ("y = x[1:]", ["y = x[0:]", "y = x[2:]"]),
        ("y = x[..., ::2]", ["y = x[..., 1::2]", "y = x[..., ::3]"]),
        ("y = x[:, None]", ["y = x[None, :]"]),
        ("y = f(a, b)", ["y = f(b, a)"]),
        ("y = torch.cat([-b, a])", ["y = torch.cat([a, -b])", "y = torch.cat([b, a])"]),
        ("a, b = x.chunk(2)", ["b, a = x.chunk(2)"]),
        ('y = torch.einsum("ij,jk->ik", a, b)', ['y = torch.einsum("ij,jk->ki", a, b)']),
        ("y = [i for i in range(n) if i]", ["y = [i for i in range(n + 1) if i]"]),
    ],
)
def test_order_and_bounds_are_mistaken(line: str, expected: list[str]) -> None:
    """Neighbours stand in each other's place, and a slice or a loop is one off."""
    assert set(expected) <= set(lines(line))


def test_results_are_exchanged() -> None:
    """Two results are returned in each other's place."""
    assert "return b, a" in lines(within("return a, b", "a", "b"))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("x.add_(y)", ["pass", "x.sub_(y)"]),
        ("self.count = n", ["pass"]),
        ("x[i] += y", ["pass", "x[i] = y", "x[i] -= y"]),
        ("if c:\n    x.zero_()\nelse:\n    x.fill_(1)", ["pass", "if True:", "if False:"]),
        ("for x in xs:\n    if x:\n        break", ["pass"]),
        ("for x in xs:\n    continue", ["break"]),
    ],
)
def test_statements_are_forgotten(body: str, expected: list[str]) -> None:
    """A statement that changes something is left out, or a loop goes on."""
    assert set(expected) <= set(lines(within(body, "x", "xs", "y")))


def test_nothing_is_deleted_that_would_only_crash() -> None:
    """A local name keeps its value, and a constructor its attributes, buffers and super().__init__()."""
    source = within("super().__init__()\nself.a = x\nself.register_buffer('b', x)\ny = x", "self", "x")
    assert "pass" not in lines(source.replace("def f", "def __init__"))


def test_a_deleted_statement_is_not_told_twice() -> None:
    """A condition that never holds stands for its only statement left out."""
    assert mutations("if c:\n    x.zero_()\n") == ["c -> True", "c -> False"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("y = x * w\nreturn y", ["y = (x * w).detach()", "return y.detach()"]),
        ("return x.exp(), n", ["return x.exp().detach(), n"]),
        ("y = x.detach()", ["y = x"]),
        ("with torch.no_grad():\n    y = x.exp()", ["with torch.enable_grad():"]),
        ("w.data.add_(x)", ["w.add_(x)"]),
    ],
)
def test_gradients_are_cut_or_let_through(body: str, expected: list[str]) -> None:
    """What is assigned or returned is detached, and what was kept from autograd is not."""
    assert set(expected) <= set(lines(within(body, "x", "w", "n")))


def test_a_decorator_that_stops_gradients_is_forgotten() -> None:
    """no_grad as a decorator goes, and the mutant is reported with the decorator's line."""
    source = IMPORTS + "@torch.no_grad()  # a leaf\n" + within("x.add_(1)", "x")
    first = automatic_mutants(source)[0]
    assert (first.mutation, first.line) == ("@torch.no_grad() -> nothing", "@torch.no_grad()  # a leaf")


def test_gradients_are_followed_through_names_and_containers() -> None:
    """What comes from an argument by way of other names, parts or a buffer that is filled is detached."""
    for body in (
        "a, b = x.chunk(2)\ny = a * b\nreturn y",
        "out = torch.zeros(3)\nout[0] = x.sum()\nreturn out",
        "rows = []\nfor row in x:\n    rows.append(row.exp())\nreturn torch.stack(rows)",
    ):
        assert any("return" in line and ".detach()" in line for line in lines(within(body, "x"))), body


@pytest.mark.parametrize(
    "body",
    [
        "i = x.argmax(-1)\nreturn i",
        "_, i = x.topk(2)\nreturn i",
        "with torch.no_grad():\n    y = x.exp()",
        "n = x.shape\nreturn n",
        "mask = x > 0\nreturn mask",
        "angles = torch.arange(4).float() * 0.5\nreturn angles.cos()",
        "out = torch.zeros(3)\nout[0] = 1.0\nreturn out",
        "steps = [torch.ones(2) for _ in range(3)]\nreturn torch.stack(steps)",
    ],
)
def test_what_has_no_gradient_is_not_detached(body: str) -> None:
    """Integers, masks and what no_grad covers are left out: detaching them changes nothing."""
    assert not any("detach" in line for line in lines(within(body, "x")))


def test_arguments_are_changed_in_place() -> None:
    """An operation writes into what the caller passed in, as long as the name still means that."""
    assert "y = x.exp_()" in lines(within("y = x.exp()", "x"))
    assert "x -= m" in lines(within("x = x - m", "x", "m"))
    assert "y = x.exp_()" not in lines(within("x = 2 * x\ny = x.exp()", "x"))


def test_an_operation_in_place_on_something_fresh_stays() -> None:
    """Whether a new tensor is changed in place makes no difference, so no mutant says so."""
    assert "y = torch.ones(3).mul(x)" not in lines("y = torch.ones(3).mul_(x)")
    assert "y = w.mul(x)" in lines("y = w.mul_(x)")


def test_defaults_are_changed_with_their_names() -> None:
    """A default is another number or the other flag; None stays."""
    source = "def f(x, k: int = 2, *, eps=1e-5, last=True, scale=None):\n    return x\n"
    shown = [mutation for mutation in mutations(source) if "->" in mutation and "=" in mutation]
    assert shown == [
        "k: int = 2 -> k: int = 3",
        "k: int = 2 -> k: int = 1",
        "eps=1e-5 -> eps=0.0",
        "last=True -> last=False",
    ]


@pytest.mark.parametrize(
    "source",
    [
        '"""Softmax over 2 axes."""\n',
        'def f():\n    """Return 1 + 2."""\n',
        "from a import b\nimport c.d as e\n",
        '__all__ = ["f", "g"]\n__version__ = 2\n',
        '"text with 1 + 2"\n',
        "x: Literal[1, 2]\n",
        "def f(x: Annotated[int, 3 < 4]) -> tuple[int, 2]: ...\n",
        "raise ValueError(f'{1 + 2} and {3}', 4)\n",
        "assert x.ndim == 3, 'three axes'\n",
        "print(1 + 2)\n",
        "class A:\n    def __repr__(self):\n        return self.name + str(1)\n",
        "if __name__ == '__main__':\n    f(1, 2)\n",
        "y = f'{1 + 2}'\n",
        "y = x.view(-1).dtype\n",
    ],
)
def test_what_only_readers_see_is_left_alone(source: str) -> None:
    """Docstrings, imports, annotations, messages and the like have no mutants."""
    assert mutations(source) == []


def test_a_statement_over_several_lines_is_named_by_its_first() -> None:
    """A mutant's line is where its statement begins; its diff shows the line that changes."""
    source = "weights = torch.softmax(\n    kept,  # k, of E\n    dim=-1,\n)\n"
    mutant = next(one for one in automatic_mutants(source) if one.mutation == "dim=-1 -> dim=0")
    assert (mutant.number, mutant.line) == (1, "weights = torch.softmax(")
    assert mutant.source.decode() == source.replace("dim=-1", "dim=0")
    assert diff(source, mutant) == "@@ -2,3 +2,3 @@\n     kept,  # k, of E\n-    dim=-1,\n+    dim=0,\n )"


def test_a_header_over_several_lines_is_named_by_its_first() -> None:
    """A default in a signature over several lines is reported with the line of its def."""
    source = "def f(\n    x,\n    k=2,\n):\n    return x\n"
    assert [(one.mutation, one.line) for one in automatic_mutants(source)[:2]] == [
        ("k=2 -> k=3", "def f("),
        ("k=2 -> k=1", "def f("),
    ]


def test_a_change_over_several_lines_is_reported_in_one() -> None:
    """What is deleted is shown in one line, however many it takes."""
    source = "out[i] += (\n    x\n    * w\n)\n"
    assert "out[i] += ( x * w ) -> pass" in mutations(source)


def test_comments_and_text_beyond_ascii_stay() -> None:
    """Only the span changes: comments, alignment and accents before it are as they were."""
    source = 'name = "größe";  x = x.sum( dim = 0 )  # über alle: dim = 0\n'
    assert 'name = "größe";  x = x.sum( dim = 1 )  # über alle: dim = 0' in lines(source)


def test_operators_are_found_beside_parentheses_and_comments() -> None:
    """The operator itself is replaced, not its like in a comment."""
    source = "y = (\n    (a)  # a + b\n    + (b)\n)\n"
    assert "- (b)" in lines(source)


def test_equal_mutations_on_a_line_are_numbered() -> None:
    """Mutation and line together name one mutant."""
    shown = mutations("y = x[1] * x[1] * x[1]\n")
    assert [one for one in shown if one.startswith("1 -> 2")] == ["1 -> 2", "1 -> 2 (2nd)", "1 -> 2 (3rd)"]
    assert len(set(shown)) == len(shown)


def test_identical_lines_have_identical_names() -> None:
    """A mark in kata.toml covers all lines that read the same."""
    twice = [one for one in automatic_mutants("y = a < b\ny = a < b\n") if one.mutation == "< -> <="]
    assert [(one.line, one.number) for one in twice] == [("y = a < b", 1), ("y = a < b", 2)]


def test_mutants_come_from_top_to_bottom() -> None:
    """The order is that of the lines, and the same each time."""
    text = (KATAS / "align-lora" / "solution.py").read_text(encoding="utf-8")
    mutants = automatic_mutants(text)
    assert [one.number for one in mutants] == sorted(one.number for one in mutants)
    assert mutants == automatic_mutants(text)


def test_no_two_mutants_say_the_same() -> None:
    """Each mutant's syntax tree is its own; the first operator words it."""
    trees = [
        ast.dump(ast.parse(one.source)) for one in automatic_mutants(IMPORTS + "y = x.sum(dim=-1) - 1\n")
    ]
    assert len(set(trees)) == len(trees)
    assert "-1 -> 0" not in mutations("y = x.sum(dim=-1)\n")


@cache
def mutants_of(path: Path) -> tuple[str, tuple[AutoMutant, ...]]:
    """Return the text of a right solution and its mutants."""
    text = path.read_text(encoding="utf-8")
    return text, automatic_mutants(text)


@pytest.mark.parametrize("path", RIGHT, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_right_solutions_have_sound_mutants(path: Path) -> None:
    """Every right solution has mutants, which differ from it and have names of their own."""
    text, mutants = mutants_of(path)
    assert len(mutants) > 4
    for mutant in mutants:
        assert mutant.source != text.encode()
        assert text.splitlines()[mutant.number - 1].strip() == mutant.line
    assert diff(text, mutants[0])
    assert len({_named(one) for one in mutants}) == len(mutants)


@pytest.mark.parametrize("path", SOLUTIONS, ids=lambda path: path.parent.name)
def test_mutants_of_solutions_are_other_programs(path: Path) -> None:
    """Every mutant that the course's suites are to notice compiles, and says something else."""
    text, mutants = mutants_of(path)
    original = does(compile(text, "mutant.py", "exec"))
    for mutant in mutants:
        # Other code has another syntax tree, which takes far longer to compare.
        is_other = does(compile(mutant.source, "mutant.py", "exec")) != original
        assert is_other or ast.dump(ast.parse(mutant.source)) != ast.dump(ast.parse(text))


def does(code: CodeType) -> tuple[object, ...]:
    """Return what *code* does, wherever its lines stand."""
    parts = [does(one) if isinstance(one, CodeType) else repr(one) for one in code.co_consts]
    return code.co_code, code.co_names, code.co_varnames, code.co_freevars, code.co_flags, *parts


def _named(mutant: AutoMutant) -> tuple[str, str, int]:
    return mutant.mutation, mutant.line, mutant.number
