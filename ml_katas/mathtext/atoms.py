"""The pieces of a formula on one line: how they are spaced and when a fraction needs parentheses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from enum import Enum, auto

from ..support.records import record


class Kind(Enum):
    """What a piece does in a formula; the gaps follow from it."""

    ORDINARY = auto()
    WORD = auto()
    FUNCTION = auto()  # log, max
    BIG = auto()  # sums, integrals
    BINARY = auto()
    RELATION = auto()
    SIGN = auto()
    OPEN = auto()
    CLOSE = auto()
    PUNCTUATION = auto()
    FRACTION = auto()
    SOFT = auto()  # a space of the source, kept where it helps
    HARD = auto()  # a space that was asked for
    BREAK = auto()


K = Kind


@record
class Atom:
    """One piece; `bare` is a shorter form for where no letter or digit follows."""

    text: str
    kind: Kind = Kind.ORDINARY
    bare: str = ""


SOFT, HARD, WIDE, BREAK = Atom(" ", K.SOFT), Atom(" ", K.HARD), Atom("  ", K.HARD), Atom("\n", K.BREAK)
_SPACES = {K.SOFT, K.HARD}
_BEFORE_SIGN = {None, K.BINARY, K.RELATION, K.OPEN, K.PUNCTUATION, K.FUNCTION, K.BIG, K.SIGN}
_AFTER_SIGN = {None, K.RELATION, K.CLOSE, K.PUNCTUATION}
_FACTORS = {K.ORDINARY, K.WORD, K.FUNCTION, K.BIG, K.FRACTION}
_ENDS = _FACTORS | {K.CLOSE}
_LOOSE = {K.BINARY, K.RELATION, K.FUNCTION, K.BIG, K.PUNCTUATION, K.FRACTION, K.HARD}


def join(atoms: Sequence[Atom], *, compact: bool = False) -> str:
    """Return the line that *atoms* make; `compact` leaves out what scripts have no room for."""
    text, spaced = "", list(_spaced(_settle(atoms), compact))
    followers = [*spaced, ("", Atom(""))][1:]
    for (gap, atom), (next_gap, follower) in zip(spaced, followers, strict=True):
        text += gap + (atom.bare if atom.bare and _ends_clearly(next_gap + follower.text) else atom.text)
    return text


def in_parentheses(atoms: Sequence[Atom], compact: bool = False) -> str:
    """Return the line of *atoms* in parentheses, unless it already is."""
    line = join(atoms, compact=compact)
    return line if is_factor(atoms) and line.startswith("(") else f"({line})"


def is_factor(atoms: Sequence[Atom]) -> bool:
    """Return whether *atoms* are one thing: a symbol, a call such as f(x), or something in brackets."""
    kinds = [atom.kind for atom in atoms if atom.kind not in _SPACES]
    if len(kinds) == 1:
        line = join(atoms)
        is_enclosed = line.startswith("(") and line.endswith(")")
        return kinds[0] in {K.ORDINARY, K.WORD} and (is_enclosed or " " not in line)
    if len(kinds) == 2 and atoms[0].text in ("∂", "d"):
        return kinds[1] is K.ORDINARY
    called = kinds[1:] if kinds and kinds[0] in {K.ORDINARY, K.WORD, K.FUNCTION} else kinds
    return _is_bracketed(called) or _is_norm(atoms)


def is_product(atoms: Sequence[Atom]) -> bool:
    """Return whether *atoms* can stand left of a slash without parentheses."""
    if is_factor(atoms):
        return True
    outside = list(_outside_brackets(atoms))
    return not any(atom.kind in _LOOSE or " " in atom.text.strip() for atom in outside)


def _is_bracketed(kinds: list[Kind]) -> bool:
    depths = list(_depths(kinds))
    return bool(kinds) and kinds[0] is K.OPEN and kinds[-1] is K.CLOSE and 0 not in depths[:-1]


def _is_norm(atoms: Sequence[Atom]) -> bool:
    texts = [atom.text for atom in atoms if atom.kind not in _SPACES]
    bars = [place for place, text in enumerate(texts) if text[:1] in ("‖", "|")]
    return bars == [0, len(texts) - 1] and len(texts) > 2


def _depths(kinds: Iterable[Kind]) -> Iterator[int]:
    depth = 0
    for kind in kinds:
        depth += (kind is K.OPEN) - (kind is K.CLOSE)
        yield depth


def _outside_brackets(atoms: Sequence[Atom]) -> Iterator[Atom]:
    depths = _depths(atom.kind for atom in atoms)
    return (
        atom for atom, depth in zip(atoms, depths, strict=True) if depth == 0 and atom.kind is not K.CLOSE
    )


def _settle(atoms: Sequence[Atom]) -> Iterator[Atom]:
    """Yield *atoms* with what depends on their neighbours decided: signs, fractions' parentheses."""
    befores, afters = _kinds_before(atoms), _kinds_before(atoms[::-1])[::-1]
    for before, atom, after in zip(befores, atoms, afters, strict=True):
        if atom.kind is K.BINARY and (before in _BEFORE_SIGN or after in _AFTER_SIGN):
            yield replace(atom, kind=K.SIGN)
        elif atom.kind is K.FRACTION and (before in _ENDS or after in {*_FACTORS, K.OPEN}):
            yield replace(atom, text=f"({atom.text})")
        else:
            yield atom


def _kinds_before(atoms: Sequence[Atom]) -> list[Kind | None]:
    """Return for each of *atoms* the kind of the nearest one before it that is no space of the source."""
    kinds: list[Kind | None] = []
    nearest: Kind | None = None
    for atom in atoms:
        kinds.append(nearest)
        if atom.kind is not K.SOFT:
            nearest = None if atom.kind in {K.HARD, K.BREAK} else atom.kind
    return kinds


def _spaced(atoms: Iterable[Atom], compact: bool) -> Iterator[tuple[str, Atom]]:
    previous, source, asked = Atom("", K.BREAK), "", ""
    for atom in atoms:
        if atom.kind is K.SOFT:
            source = " "
        elif atom.kind is K.HARD:
            asked = max(asked, atom.text)
        else:
            yield max(asked, _gap(previous, atom, source, compact)), atom
            previous, source, asked = atom, "", ""


def _gap(before: Atom, after: Atom, source: str, compact: bool) -> str:
    """Return what stands between two atoms that had *source* between them: the first rule that knows."""
    kinds = {before.kind, after.kind}
    touching = before.text[-1:].isalnum() and after.text[:1].isalnum()
    if K.BREAK in kinds or before.kind in {K.OPEN, K.SIGN} or after.kind in {K.CLOSE, K.PUNCTUATION}:
        return ""
    if {K.RELATION, K.BINARY} & kinds or before.kind is K.PUNCTUATION:
        return "" if compact and not touching else " "
    if before.kind is K.FUNCTION and after.text.startswith(("(", "[", "{")):
        return ""
    if _keeps_apart(before, after, touching):
        return " "
    return "" if compact or _clings(before, after) else source


def _keeps_apart(before: Atom, after: Atom, touching: bool) -> bool:
    """Return whether two factors would run into each other."""
    kinds = {before.kind, after.kind}
    is_fraction = before.kind is K.FRACTION or (after.kind is K.FRACTION and before.kind in _ENDS)
    is_word = K.WORD in kinds and (touching or before.kind is K.CLOSE)
    return bool({K.FUNCTION, K.BIG} & kinds) or is_fraction or is_word


def _clings(before: Atom, after: Atom) -> bool:
    r"""Return whether a space was there only to end a command's name: `\alpha x` is αx."""
    is_letter = "\u0370" <= before.text <= "\u03ff" or before.text in ("∂", "∇", "∀", "∃")
    return is_letter and len(before.text) == 1 and after.text[:1].isalpha()


def _ends_clearly(following: str) -> bool:
    return not (following[:1].isalnum() or following.startswith(("_", "^")))
