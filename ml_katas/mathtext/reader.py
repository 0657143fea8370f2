"""LaTeX items read from left to right into the atoms of a line."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from .atoms import SOFT, Atom, Kind, in_parentheses, join
from .environments import drawn
from .notation import Notation
from .source import (
    Char,
    Command,
    Environment,
    Group,
    Item,
    Space,
)
from .symbols import CHARACTERS, SYMBOLS

_PLACEMENT = (r"\limits", r"\nolimits")  # they stand between a sum and its scripts


Commands = Mapping[str, Callable[["Reader", str], list[Atom]]]


def read(items: Sequence[Item], notation: Notation, commands: Commands) -> list[Atom]:
    """Return the atoms of *items*, or raise ValueError where a command lacks its argument."""
    reader = Reader(items, notation, commands)
    atoms: list[Atom] = []
    while not reader.at_end:
        atoms += reader.term()
    return atoms


class Reader:
    """A place in a row of items, from which commands take their arguments."""

    def __init__(self, items: Sequence[Item], notation: Notation, commands: Commands) -> None:
        self._items = [item for item in items if item.source not in _PLACEMENT]
        self._place = 0
        self.notation = notation
        self._commands = commands

    @property
    def at_end(self) -> bool:
        return self._place >= len(self._items)

    def term(self) -> list[Atom]:
        """Return the atoms of the next item with its arguments and scripts."""
        atoms = [] if self._script_sign() else self._atoms(self._take())
        lower, upper = self._scripts()
        return [self.notation.scripted(self.one(atoms), lower, upper)] if lower or upper else atoms

    def argument(self) -> list[Atom]:
        """Return the atoms of the next group or single item."""
        return self.read(self.group())

    def group(self) -> Sequence[Item]:
        """Return the items of the next group, or the next item and its arguments."""
        self._skip_spaces()
        start, item = self._place, self._take_one()
        if isinstance(item, Group):
            return item.items
        self._atoms(item)
        return [item, *self._items[start + 1 : self._place]]

    def option(self) -> str:
        """Return the text of an argument in square brackets, or nothing where no bracket follows."""
        if self.peek() != "[" or Char("]") not in self._items[self._place :]:
            return ""
        end = self._items.index(Char("]"), self._place)
        items, self._place = self._items[self._place + 1 : end], end + 1
        return join(self.read(items), compact=True)

    def delimiter(self, kind: Kind) -> list[Atom]:
        """Return the bracket that comes next, as an opening or closing one; a dot stands for no bracket."""
        self._skip_spaces()
        item = self._take_one()
        if item.source == ".":
            return []
        return [Atom(self._atoms(item)[0].text, kind)]

    def peek(self) -> str:
        """Return the source of the next item."""
        return "" if self.at_end else self._items[self._place].source

    def skip(self, source: str) -> None:
        if self.peek() == source:
            self._place += 1

    def groups(self) -> str:
        """Return the source of the groups that follow without a space."""
        source = ""
        while not self.at_end and isinstance(self._items[self._place], Group):
            source += self._take().source
        return source

    def read(self, items: Sequence[Item]) -> list[Atom]:
        return read(items, self.notation, self._commands)

    def one(self, atoms: list[Atom]) -> Atom:
        """Return *atoms* as one that takes a script, in parentheses where it would bind only the last."""
        match atoms:
            case []:
                return Atom("")
            case [Atom(text, Kind.FRACTION)]:
                return Atom(f"({text})")
            case [Atom(text)] if text.startswith("√") and not text.endswith(")"):
                return Atom(f"({text})")
            case [atom]:
                return atom
        if all(atom.kind in {Kind.FUNCTION, Kind.SOFT} for atom in atoms):
            return Atom(join(atoms), Kind.FUNCTION)
        return Atom(in_parentheses(atoms, self.notation.compact))

    def _atoms(self, item: Item) -> list[Atom]:
        match item:
            case Space():
                return [SOFT]
            case Group((Char(source),)):
                return [replace(self._character(source), kind=Kind.ORDINARY)]  # 1{,}000
            case Group(items):
                return self.read(items)
            case Char(source):
                return [self._character(source)]
            case Environment():
                return drawn(item, self.read)
            case Command(name):
                return self._command(name, item.source)

    def _character(self, source: str) -> Atom:
        if source == ":" and self.peek() == "=":
            self._take()
            return Atom(":=", Kind.RELATION)
        return self.notation.atom(SYMBOLS[source]) if source in CHARACTERS else Atom(source)

    def _command(self, name: str, source: str) -> list[Atom]:
        if name in self._commands:
            return self._commands[name](self, name)
        if name in SYMBOLS and (name.isalpha() or name not in CHARACTERS):
            return [self.notation.atom(SYMBOLS[name])]
        return [Atom(source + self.groups(), Kind.WORD)]

    def _scripts(self) -> tuple[str, str]:
        """Return the texts of the subscript and of the superscript that come next, primes included."""
        primes, texts = "", {"_": "", "^": ""}
        while sign := self._script_sign():
            self._skip_spaces()
            self._take()
            if sign == "'":
                primes += self.notation.prime
            elif texts[sign]:
                raise ValueError("two scripts at one place")
            else:
                texts[sign] = self._script()
        return texts["_"], primes + texts["^"]

    def _script_sign(self) -> str:
        """Return the sign of the script that comes next, past spaces, or nothing."""
        place = self._place
        while place < len(self._items) and isinstance(self._items[place], Space):
            place += 1
        sign = self._items[place].source if place < len(self._items) else ""
        return sign if sign in ("_", "^", "'") else ""

    def _script(self) -> str:
        compact = self.notation.in_script()
        return join(read(self.group(), compact, self._commands), compact=True)

    def _skip_spaces(self) -> None:
        while not self.at_end and isinstance(self._items[self._place], Space):
            self._place += 1

    def _take(self) -> Item:
        if self.at_end:
            raise ValueError("something is missing at the end")
        self._place += 1
        return self._items[self._place - 1]

    def _take_one(self) -> Item:
        """Take the next item; of a number its first digit, as LaTeX does for an argument without braces."""
        item = self._take()
        if isinstance(item, Char) and len(item.source) > 1:
            self._place -= 1
            self._items[self._place : self._place + 1] = [Char(c) for c in item.source]
            item = self._take()
        return item
