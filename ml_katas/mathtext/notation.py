"""The two ways to write a formula as text: Unicode's, and ASCII's for terminals that know no other."""

from __future__ import annotations

import unicodedata
from dataclasses import field, replace

from ..support.records import record
from .atoms import Atom, Kind
from .symbols import (
    ACCENT_NAMES,
    ACCENTS,
    BLACKBOARD,
    SCRIPT,
    SUBSCRIPTS,
    SUPERSCRIPTS,
    Symbol,
)

_ASCII_SUPERSCRIPTS = {"*": "*", "'": "'"}


@record(kw_only=True)
class Notation:
    """How symbols, accents and scripts look."""

    ascii_only: bool = False
    compact: bool = False
    raised: dict[str, str] = field(default_factory=lambda: SUPERSCRIPTS)
    lowered: dict[str, str] = field(default_factory=lambda: SUBSCRIPTS)
    alphabets: dict[str, dict[str, str]] = field(
        default_factory=lambda: {"mathbb": BLACKBOARD, "mathcal": SCRIPT, "mathscr": SCRIPT}
    )

    @property
    def prime(self) -> str:
        return "'" if self.ascii_only else "′"

    def in_script(self) -> Notation:
        """Return this notation for a script, where there is no room for spaces."""
        return replace(self, compact=True)

    def atom(self, symbol: Symbol) -> Atom:
        """Return *symbol* as it is written here; a name such as `alpha` keeps its distance from letters."""
        if not self.ascii_only:
            return Atom(symbol.unicode, symbol.kind)
        is_name = symbol.kind is Kind.ORDINARY and len(symbol.ascii) > 1 and symbol.ascii.isalpha()
        return Atom(symbol.ascii, Kind.WORD if is_name else symbol.kind)

    def accented(self, name: str, base: Atom) -> Atom:
        """Return *base* with the accent on its letter, or as `hat(…)` where it is no single letter."""
        if self.ascii_only or base.kind is not Kind.ORDINARY or not base.text[:1].isalpha():
            return Atom(f"{ACCENT_NAMES.get(name, name)}({base.bare or base.text})", Kind.WORD)
        letter = unicodedata.normalize("NFC", base.text[0] + ACCENTS[name])
        return replace(base, text=letter + base.text[1:], bare=base.bare and letter + base.bare[1:])

    def scripted(self, base: Atom, lower: str, upper: str) -> Atom:
        """Return *base* with its scripts, raised and lowered where every character has such a form."""
        low, high = _mapped(lower, self.lowered), _mapped(upper, self.raised)
        if base.kind is Kind.BIG and None in (low, high):
            low, high = _braced("_", lower), _braced("^", upper)
        sub, bare_sub = _forms("_", lower, low)
        sup, bare_sup = _forms("^", upper, high)
        if not upper:
            return replace(base, text=base.text + sub, bare=base.text + bare_sub)
        head = base.text + (bare_sub if len(lower) == 1 else sub)
        return replace(base, text=head + sup, bare=head + bare_sup)


def _mapped(text: str, table: dict[str, str]) -> str | None:
    return "".join(table[c] for c in text) if table.keys() >= set(text) else None


def _forms(sign: str, text: str, mapped: str | None) -> tuple[str, str]:
    """Return a script as it must be beside a letter, and as it may be elsewhere."""
    if mapped is not None:
        return mapped, mapped
    is_short = len(text) == 1 or (text.isascii() and text.isalnum())
    return _braced(sign, text), sign + text if is_short else _braced(sign, text)


def _braced(sign: str, text: str) -> str:
    return f"{sign}{{{text}}}" if text else ""


UNICODE = Notation()
ASCII = Notation(ascii_only=True, raised=_ASCII_SUPERSCRIPTS, lowered={}, alphabets={})
