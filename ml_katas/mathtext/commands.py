"""The commands that take arguments, and how each is written on one line."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import replace

from .atoms import (
    BREAK,
    HARD,
    SOFT,
    WIDE,
    Atom,
    Kind,
    in_parentheses,
    is_factor,
    is_product,
    join,
)
from .environments import rows
from .reader import Reader
from .source import Command, Group, Item, Space
from .symbols import ACCENTS, SUPERSCRIPTS, SYMBOLS

_RAISED = {*SUPERSCRIPTS.values(), "^"}


def fraction(reader: Reader, _name: str) -> list[Atom]:
    """Write a fraction as a/b with the parentheses that it needs."""
    above, below = reader.argument(), reader.argument()
    compact = reader.notation.compact
    factors = [atom for atom in above if atom is not SOFT]  # "T k/E" would read as T times k/E
    top = join(factors, compact=compact) if is_product(above) else in_parentheses(above, compact)
    bottom = join(below, compact=compact) if is_factor(below) else in_parentheses(below, compact)
    return [Atom(f"{top}/{bottom}", Kind.FRACTION)]


def binomial(reader: Reader, _name: str) -> list[Atom]:
    above, below = join(reader.argument()), join(reader.argument())
    return [Atom(f"({above} choose {below})")]


def root(reader: Reader, _name: str) -> list[Atom]:
    """Write √x for a symbol and √(…) for anything longer."""
    degree, body = reader.option(), reader.argument()
    sign = _root_sign(degree, reader.notation.ascii_only)
    is_symbol = [atom.kind for atom in body] == [Kind.ORDINARY] and not _RAISED & set(body[0].text)
    if is_symbol and not reader.notation.ascii_only:
        return [replace(body[0], text=sign + body[0].text, bare=body[0].bare and sign + body[0].bare)]
    inside = join(body, compact=reader.notation.compact)
    return [Atom(f"{sign}({inside})")]


def _root_sign(degree: str, ascii_only: bool) -> str:
    if degree in ("", "2"):
        return "sqrt" if ascii_only else "√"
    if ascii_only or not SUPERSCRIPTS.keys() >= set(degree):
        return f"root[{degree}]"
    return {"3": "∛", "4": "∜"}.get(degree, "".join(SUPERSCRIPTS[c] for c in degree) + "√")


def accent(reader: Reader, name: str) -> list[Atom]:
    body = reader.argument()
    base = body[0] if len(body) == 1 else Atom(join(body), Kind.WORD)
    return [reader.notation.accented(name, base)]


def styled(reader: Reader, name: str) -> list[Atom]:
    """Leave out a style, except for the letters that Unicode has in it."""
    letters = reader.notation.alphabets.get(name, {})
    return [replace(atom, text=letters.get(atom.text, atom.text)) for atom in reader.argument()]


def upright(reader: Reader, _name: str) -> list[Atom]:
    """Write words as they are, with the spaces around them."""
    text = _words(reader, reader.group())
    body = text.strip()
    kind = Kind.WORD if len(body) > 1 else Kind.ORDINARY
    return [HARD] * (text[:1] == " ") + [Atom(body, kind)] * bool(body) + [HARD] * (text[-1:] == " ")


def operator(reader: Reader, _name: str) -> list[Atom]:
    reader.skip("*")
    return [Atom(_words(reader, reader.group()).strip(), Kind.FUNCTION)]


def _words(reader: Reader, items: Sequence[Item]) -> str:
    return "".join(_word(reader, item) for item in items)


def _word(reader: Reader, item: Item) -> str:
    match item:
        case Group(items):
            return _words(reader, items)
        case Space():
            return " "
        case Command(name) if name in SPACES:
            return SPACES[name].text
        case Command(name) if name in SYMBOLS:
            return reader.notation.atom(SYMBOLS[name]).text
    return item.source


def left(reader: Reader, _name: str) -> list[Atom]:
    return reader.delimiter(Kind.OPEN)


def right(reader: Reader, _name: str) -> list[Atom]:
    return reader.delimiter(Kind.CLOSE)


def middle(reader: Reader, _name: str) -> list[Atom]:
    return reader.delimiter(Kind.RELATION)


def below(reader: Reader, _name: str) -> list[Atom]:
    script, base = join(reader.argument(), compact=True), reader.one(reader.argument())
    return [reader.notation.scripted(base, script, "")]


def above(reader: Reader, _name: str) -> list[Atom]:
    script, base = join(reader.argument(), compact=True), reader.one(reader.argument())
    return [reader.notation.scripted(base, "", script)]


def negated(reader: Reader, _name: str) -> list[Atom]:
    first, *others = reader.argument() or [Atom("")]
    text = "not " + first.text if reader.notation.ascii_only else first.text + "\u0338"
    return [replace(first, text=unicodedata.normalize("NFC", text)), *others]


def modulo(reader: Reader, _name: str) -> list[Atom]:
    return [HARD, Atom(f"(mod {join(reader.argument())})")]


def stacked(reader: Reader, _name: str) -> list[Atom]:
    lines = [join(reader.read([item for cell in row for item in cell])) for row in rows(reader.group())]
    return [Atom(", ".join(lines), Kind.WORD)]


def content(reader: Reader, _name: str) -> list[Atom]:
    return reader.argument()


def nothing(_reader: Reader, _name: str) -> list[Atom]:
    return []


def line_break(reader: Reader, _name: str) -> list[Atom]:
    reader.option()
    return [BREAK]


def space(_reader: Reader, name: str) -> list[Atom]:
    return [SPACES[name]]


SPACES = {
    **dict.fromkeys((",", ":", ";", ">", "thinspace"), SOFT),
    **dict.fromkeys((" ", "enspace", "space", "nobreakspace"), HARD),
    **dict.fromkeys(("quad", "qquad"), WIDE),
}
_SIZES = ("big", "Big", "bigg", "Bigg")
_INVISIBLE = {
    *(size + side for size in _SIZES for side in ("", "l", "r", "m")),
    *("displaystyle", "textstyle", "scriptstyle", "nonumber", "notag", "hline", "!"),
}

COMMANDS: dict[str, Callable[[Reader, str], list[Atom]]] = {
    **dict.fromkeys(("frac", "dfrac", "tfrac", "cfrac"), fraction),
    **dict.fromkeys(("binom", "dbinom", "tbinom"), binomial),
    **dict.fromkeys(ACCENTS, accent),
    **dict.fromkeys(("mathbf", "mathit", "mathbb", "mathcal", "mathscr", "mathfrak"), styled),
    **dict.fromkeys(("bm", "boldsymbol", "pmb"), styled),
    **dict.fromkeys(("text", "mathrm", "mathsf", "mathtt", "mbox"), upright),
    **dict.fromkeys(("textrm", "textbf", "textit", "texttt", "textsf"), upright),
    **dict.fromkeys(("operatorname", "operatorname*"), operator),
    **dict.fromkeys(("overset", "stackrel"), above),
    **dict.fromkeys(("underbrace", "overbrace", "boxed", "mathop", "mathrel", "mathbin"), content),
    **dict.fromkeys(SPACES, space),
    **dict.fromkeys(_INVISIBLE, nothing),
    "sqrt": root,
    "left": left,
    "right": right,
    "middle": middle,
    "underset": below,
    "not": negated,
    "pmod": modulo,
    "substack": stacked,
    "\\": line_break,
}
