"""Arguments to begin with, guessed from names and annotations; an author puts better ones in their place.

The expressions speak of `rows` and `columns`, sizes that a suite draws anew.
"""

from __future__ import annotations

import re

from .signatures import Function, Parameter

_MATRIX, _VECTOR, _SEVERAL = (
    "torch.randn(rows, columns)",
    "torch.randn(columns)",
    "torch.randn(2, rows, columns)",
)
_NETWORK = "torch.nn.Linear(columns, columns + 1)"

# The first expression whose pattern is found in an annotation.
_BY_ANNOTATION = (
    (r"^(bool|Optional\[bool\])", "True"),
    (r"\b(list|List|tuple|Tuple|Sequence|Iterable|Iterator)\[.*(Tensor|ndarray)", f"[{_MATRIX}, {_MATRIX}]"),
    (r"\b(dict|Dict|Mapping)\[.*(Tensor|ndarray)", f'{{"weight": {_MATRIX}}}'),
    (r"\b(Callable|Module|Linear)\b", _NETWORK),
    (r"\b(list|List|Sequence|Iterable)\[(int|float)", "list(range(rows))"),
    (r"\b(tuple|Tuple|Size)\b", "(columns,)"),
    (r"\b(list|List|Sequence|Iterable)\[str", '["a", "b", "ab"]'),
    (r"\b(list|List|Sequence|Iterable)\[bytes", '[b"a", b"b", b"ab"]'),
    (r"\b(list|List|Sequence|Iterable)\b", "[]"),
    (r"\b(dict|Dict|Mapping)\b", "{}"),
    (r"^bytes", 'b"abab"'),
    (r"^str", '"abab"'),
    (r"\bdtype\b", "torch.float32"),
    (r"\bdevice\b", '"cpu"'),
    (r"ndarray", f"{_MATRIX}.numpy()"),
)

# The first expression whose pattern is the whole name, for tensors, whole numbers and other numbers.
_TENSORS = (
    (r".*mask", "torch.rand(rows, columns) < 0.5"),
    (r"targets?|labels?|(input_|token_)?ids|idx|ind(ex|ices)|positions", "torch.randint(columns, (rows,))"),
    (r"weight|bias|gamma|beta|scale|shift|mean", _VECTOR),
    (r"var(iance)?|std", "torch.rand(columns) + 0.5"),
    (r"prob(s|abilities)|p", f"{_MATRIX}.softmax(-1)"),
    (r"(token_)?embeddings|hidden(_states)?|sequences?", _SEVERAL),
    (r"images?", "torch.randn(2, 3, rows, columns)"),
    (r".*", _MATRIX),
)
_WHOLE = (
    (r"dim|axis", "-1"),
    (r".*heads?|.*groups?", "1"),
    (r"(d|.*_dim|d_model|width|(in|out)_features|.*_size|num_features|channels)", "columns"),
    (r".*", "2"),
)
_NUMBERS = ((r"eps(ilon)?", "1e-5"), (r"lr|learning_rate", "0.1"), (r".*", "0.5"))

# What a name without annotation stands for.
_NETWORK_NAMES = r"(.*_)?(gate|network|net|model|module|layer|fn|func|function|encoder|decoder|base)"
_WHOLE_NAMES = r"k|n|r|dim|axis|rank|steps?|size|(n|num|max)_.*|.*_(dim|size|features)|heads?"
_NUMBER_NAMES = (
    r"eps(ilon)?|lr|learning_rate|alpha|temperature|tau|momentum|decay|.*_decay|smoothing|rate|lam|p|factor"
)
_FLAG_NAMES = r"(is|use|has)_.*|train(ing)?|causal|keepdim|inplace"


def guess(parameter: Parameter, of_constructor: bool = False) -> str:
    """Return an expression for an argument that fits *parameter*."""
    annotation, name = parameter.annotation, parameter.name.lower()
    if not annotation:
        return _unannotated(name, of_constructor)
    for pattern, expression in _BY_ANNOTATION:
        if re.search(pattern, annotation):
            return expression
    if re.match(r"(int|Optional\[int)\b", annotation):
        return _whole(name, of_constructor)
    if re.match(r"(float|Optional\[float)\b", annotation):
        return _first(_NUMBERS, name)
    return _first(_TENSORS, name)


def arguments(function: Function | None, of_constructor: bool = False) -> dict[str, str]:
    """Return an expression for each argument that must be given."""
    required = function.required if function else ()
    return {parameter.name: guess(parameter, of_constructor) for parameter in required}


def take_gradients(given: dict[str, str]) -> bool:
    """Return whether there is an argument among them that gradients can flow to."""
    return any(re.search(r"torch\.(randn|nn\.)|\.softmax\(", expression) for expression in given.values())


def _unannotated(name: str, of_constructor: bool) -> str:
    if re.fullmatch(_FLAG_NAMES, name):
        return "True"
    if re.fullmatch(_NETWORK_NAMES, name):
        return _NETWORK
    if re.fullmatch(_WHOLE_NAMES, name):
        return _whole(name, of_constructor)
    if re.fullmatch(_NUMBER_NAMES, name):
        return _first(_NUMBERS, name)
    return _first(_TENSORS, name)


def _whole(name: str, of_constructor: bool) -> str:
    return "columns" if of_constructor and name in ("dim", "n", "size") else _first(_WHOLE, name)


def _first(table: tuple[tuple[str, str], ...], name: str) -> str:
    return next(expression for pattern, expression in table if re.fullmatch(pattern, name))
