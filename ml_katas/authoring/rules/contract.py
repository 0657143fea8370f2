"""The rule that what a brief promises in bold is checked, as far as its words show."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator

from ...course.catalog import Catalog
from ...course.kata import Kata
from ...support.markdown import sections
from ...support.records import record
from ...support.toml import read_text
from ..findings import Finding, Severity
from .folder import MISTAKES

_ITEM = re.compile(r"^- \*\*(?P<lead>[^*\n]+)\*\*(?P<text>.*(?:\n[ \t]+\S.*)*)", re.MULTILINE)
_WORD = re.compile(r"[^\W\d_]{3,}")
_STEM = 5  # letters: `gradient` and `gradients`, `infinity` and `infinite` begin alike
_ENOUGH = 2  # uncommon words of an item that one check or mistake must share with it
_COMMON = frozenset(
    _WORD.findall(
        "about after all alone also and any are away been before both but can come does each else either "
        "even ever every everything first for from gets give given gives happens has have how into its "
        "just last least less may means more most much must need needed neither never nor not nothing "
        "once one only other others out over own same some stay still such than that the their them then "
        "there they this those through too two use used well were what when where whether which while "
        "who will with would"
    )
)


def contract_is_checked(kata: Kata, catalog: Catalog) -> Iterator[Finding]:
    """What the brief promises under a name in bold is the business of some check or mistake.

    A promise that nothing looks at is one that a learner may break and pass. Only words are compared, so what
    is checked in other words may be named here, and what is not checked may go unnoticed.

    Write the check that the promise is for; if there is one, have its sentence say so in the brief's words.
    """
    words = _Words([_stems(text) for text in _checks_and_mistakes(kata)])
    for item in _promises(kata):
        missing = words.missing(item)
        if missing and not any(name in item.text for name in kata.facts.avoid):  # those need no check
            what = " and ".join(repr(term) for term in missing)
            problem = f"no check and no known mistake speaks of {what}, which is promised here"
            yield Finding(
                path=kata.folder / "README.md", problem=problem, line=item.line, severity=Severity.WARNING
            )


@record
class _Promise:
    """An item of the description's list: its name in bold, what it says, and its line in the brief."""

    lead: str
    text: str
    line: int

    @property
    def terms(self) -> list[str]:
        """What the name lists: `Dtype and device` are two terms. Common words alone are no term."""
        terms = [term.strip(" .:,`") for term in re.split(r",| and ", self.lead)]
        return [term for term in terms if _stems(term)]


class _Words:
    """The words of all checks and mistakes, one set for each."""

    def __init__(self, units: list[set[str]]) -> None:
        self._units = units
        self._frequency = Counter(stem for unit in units for stem in unit)

    def missing(self, item: _Promise) -> list[str]:
        """Return what of an item's name none of them speaks of."""
        if len(item.terms) > 1:
            return [term for term in item.terms if not any(self._frequency[stem] for stem in _stems(term))]
        return [] if self._tell_of(item) else item.terms or [item.lead.strip(" .")]

    def _tell_of(self, item: _Promise) -> bool:
        """Return whether one of them has a word of the name, or some of the text, that most do not have."""
        lead, text = self._telling(item.lead), self._telling(item.text)
        enough = min(_ENOUGH, len(text))
        return any(lead & unit or len(text & unit) >= enough for unit in self._units)

    def _telling(self, text: str) -> set[str]:
        return {stem for stem in _stems(text) if self._frequency[stem] <= len(self._units) / 2}


def _promises(kata: Kata) -> Iterator[_Promise]:
    description = next((part for part in sections(kata.brief) if part.title == "Description"), None)
    text = description.body if description else ""
    start = kata.brief.index(text)
    for match in _ITEM.finditer(text):
        if "TODO" not in match[0]:
            line = kata.brief.count("\n", 0, start + match.start()) + 1
            yield _Promise(match["lead"], match["text"], line)


def _checks_and_mistakes(kata: Kata) -> Iterator[str]:
    """Yield the text of each check, of what checks share, and of each known mistake."""
    lines = read_text(kata.suite.path).split("\n")
    for node in kata.suite_tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield "\n".join(lines[node.lineno - 1 : node.end_lineno])
    path = kata.folder / MISTAKES
    for part in sections(read_text(path)) if path.is_file() else ():
        yield f"{part.title} {part.body}"


def _stems(text: str) -> set[str]:
    words = _WORD.findall(text.replace("_", " ").lower())
    return {word.rstrip("s")[:_STEM] for word in words if word not in _COMMON}
