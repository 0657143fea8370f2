"""A solution's text beside its syntax tree: where each node stands, and what stands around it."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate, pairwise

from ...support.records import record

# How tightly an expression holds together; what is not listed stands for itself, like a name or a call.
_LOOSE = (ast.BoolOp, ast.Compare, ast.IfExp, ast.Lambda, ast.NamedExpr, ast.Starred, ast.Yield, ast.Tuple)
_BITWISE = (ast.BitOr, ast.BitXor, ast.BitAnd, ast.LShift, ast.RShift)
_TIGHTNESS = {**dict.fromkeys(_BITWISE, 0), ast.Add: 1, ast.Sub: 1, ast.Pow: 4}
_OF_UNARY, _OF_ATOMS = 3, 9


@record
class Edit:
    """A span of the source, in bytes, and the text that takes its place."""

    start: int
    end: int
    text: str


class Source:
    """A solution's text beside its syntax tree. Raises SyntaxError where the text has none."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.data = text.encode()  # offsets count bytes, as the columns of a syntax tree do
        self.tree = ast.parse(text)
        self.imported = frozenset(_imported(self.tree))
        self._lines = text.split("\n")
        self._line_starts = [0, *accumulate(len(line.encode()) + 1 for line in self._lines)]
        self._statement_rows = _statement_rows(text)
        statements = (node for node in ast.walk(self.tree) if isinstance(node, ast.stmt))
        self._statements = [(self.start(node), self.end(node)) for node in statements]
        self._parents = {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}

    def start(self, node: ast.AST) -> int:
        return self._line_starts[node.lineno - 1] + node.col_offset  # type: ignore[attr-defined, no-any-return]

    def end(self, node: ast.AST) -> int:
        row, column = node.end_lineno, node.end_col_offset  # type: ignore[attr-defined]
        return self._line_starts[row - 1] + column  # type: ignore[no-any-return]

    def of(self, node: ast.AST) -> str:
        """Return the text of *node*, without parentheses around it."""
        return self.between(self.start(node), self.end(node))

    def between(self, start: int, end: int) -> str:
        return self.data[start:end].decode()

    def statement_line(self, offset: int) -> tuple[int, str]:
        """Return number and text of the line in which the statement around *offset* begins."""
        row = bisect_right(self._line_starts, offset)
        number = self._statement_rows[bisect_right(self._statement_rows, row) - 1]
        return number, self._lines[number - 1].strip()

    def statement_span(self, start: int, end: int) -> tuple[int, int]:
        """Return where the innermost statement around a span begins and ends, or all of the text."""
        spans = ((first, last) for first, last in self._statements if first <= start and end <= last)
        return max(spans, default=(0, len(self.data)))

    def around(self, node: ast.AST) -> Iterator[ast.AST]:
        """Yield what *node* stands in, from the inside out."""
        while node in self._parents:
            node = self._parents[node]
            yield node

    def parent(self, node: ast.AST) -> ast.AST:
        return self._parents.get(node, self.tree)

    def function(self, node: ast.AST) -> ast.FunctionDef | None:
        """Return the function that *node* stands in."""
        return next((one for one in self.around(node) if isinstance(one, ast.FunctionDef)), None)

    def statement(self, node: ast.AST) -> ast.AST:
        """Return the statement that *node* is, or stands in."""
        return next((one for one in (node, *self.around(node)) if isinstance(one, ast.stmt)), self.tree)

    def operand(self, node: ast.AST, instead_of: ast.AST | None = None) -> str:
        """Return the text of *node* as it must be written beside an operator, or in another node's place."""
        least = _OF_ATOMS if instead_of is None else tightness(instead_of)
        return self.of(node) if tightness(node) >= least else f"({self.of(node)})"

    def replace(self, node: ast.AST, text: str) -> Edit:
        return Edit(self.start(node), self.end(node), text)

    def replace_token(self, after: ast.AST, before: ast.AST, token: str, text: str) -> Iterator[Edit]:
        """Yield the edit of the first *token* between two nodes."""
        start = self.find(token, self.end(after), self.start(before))
        if start is not None:
            yield Edit(start, start + len(token.encode()), text)

    def find(self, token: str, start: int, end: int) -> int | None:
        """Return where *token* stands first between two offsets, comments aside."""
        for match in re.finditer(rf"#[^\n]*|{re.escape(token)}".encode(), self.data[start:end]):
            if match.group() == token.encode():
                return start + match.start()
        return None

    def without(self, call: ast.Call, argument: ast.AST) -> Iterator[Edit]:
        """Yield the edit that leaves out one argument of *call*, with its comma."""
        arguments: list[ast.AST] = sorted([*call.args, *call.keywords], key=self.start)
        for before, after in pairwise(arguments):
            if after is argument:
                comma = self.find(",", self.end(before), self.start(after))
                yield Edit(comma or self.end(before), self.end(after), "")
                return
        follower = self.start(arguments[1]) if len(arguments) > 1 else self.end(argument)
        yield Edit(self.start(argument), follower, "")

    def with_also(self, call: ast.Call, argument: str) -> Edit:
        """Return the edit that adds an argument to *call*, which has one already."""
        arguments: list[ast.AST] = sorted([*call.args, *call.keywords], key=self.start)
        return self.replace(arguments[-1], f"{self.of(arguments[-1])}, {argument}")


def tightness(node: ast.AST) -> int:
    """Return how tightly the parts of an expression hold together, as Python's grammar has it."""
    if isinstance(node, ast.BinOp):
        return _TIGHTNESS.get(type(node.op), 2)
    if isinstance(node, ast.UnaryOp):
        return 0 if isinstance(node.op, ast.Not) else _OF_UNARY
    return 0 if isinstance(node, _LOOSE) else _OF_ATOMS


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name.split(".")[0] for alias in node.names)


def _statement_rows(text: str) -> list[int]:
    idle = {tokenize.NL, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING}
    rows, begins = [1], True
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.NEWLINE:
            begins = True
        elif begins and token.type not in idle:
            rows.append(token.start[0])
            begins = False
    return rows
