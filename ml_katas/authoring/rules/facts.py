"""Rules for what `kata.toml` says of the kata itself."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...course.catalog import Catalog
from ...course.kata import Kata
from ...course.passages import is_web_address
from ...judging.boundary.families import is_operation
from ...support.spelling import nearest
from ...support.toml import read_text
from ..findings import Finding, line_of
from ..junk.submissions import NAMES as JUNK

LONGEST_TITLE = 50
MOST_MINUTES = 120
LONGEST_TAG = 30

_DOTTED = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)+")
_REFERENCE = r"^[ \t]*\[\[[ \t]*references[ \t]*\]\]"
_EXEMPT = r"^[ \t]*\[\[[ \t]*exempt[ \t]*\]\]"


def title_is_short(kata: Kata, catalog: Catalog) -> Iterator[Finding]:
    """The title fits on a line of the catalogue.

    `mlkata list` has one line for a kata, in which a long title is cut.

    Name the thing that is built ("RoPE", "MoE gating: top-k selection"); what is special about it belongs in
    the brief.
    """
    if (length := len(kata.facts.title)) > LONGEST_TITLE:
        problem = f"a title of {length} characters is too long for `mlkata list`; at most {LONGEST_TITLE}"
        yield _finding(kata, problem, _key("title"))


def minutes_are_one_sitting(kata: Kata, catalog: Catalog) -> Iterator[Finding]:
    """The kata takes no more than two hours.

    A learner who cannot finish in one sitting does not come back to it, and a kata of that size asks for
    several ideas at once.

    Split it along its ideas into katas that require one another, or correct 'minutes' where it was a guess:
    it means someone who knows the prerequisites.
    """
    if kata.facts.minutes > MOST_MINUTES:
        problem = f"{kata.facts.minutes} minutes are more than one sitting; at most {MOST_MINUTES}: split it"
        yield _finding(kata, problem, _key("minutes"))


def tags_are_short_and_differ(kata: Kata, catalog: Catalog) -> Iterator[Finding]:
    """There are tags, none is empty or long, and none is there twice, apart from capitals.

    Katas are found by their tags; one without any is not found by topic, and a sentence is a topic of its own
    that nobody looks for.

    Name one to four topics that a learner would look for, each as other katas write it.
    """
    if not kata.facts.tags:
        yield _finding(kata, "without tags nobody finds it by topic; name one to four", _key("tags"))
    seen: set[str] = set()
    for tag in kata.facts.tags:
        problem = _problem_of_tag(tag, seen)
        if problem:
            yield _finding(kata, problem, _key("tags"), f"[\"']{re.escape(tag)}[\"']")
        seen.add(tag.strip().casefold())


def _problem_of_tag(tag: str, seen: set[str]) -> str:
    if not tag.strip():
        return "a tag is empty; write a topic, or remove it"
    if tag.strip().casefold() in seen:
        return f"the tag {tag!r} is there twice; keep one"
    if len(tag) > LONGEST_TAG:
        return f"a tag of {len(tag)} characters is too long; at most {LONGEST_TAG}"
    return ""


def references_lead_somewhere(kata: Kata, catalog: Catalog) -> Iterator[Finding]:
    """At least one source is named, each with a text and a web address.

    Who has passed wants to read on, and whoever doubts the suite needs the definition that it follows.

    Add [[references]] with `text` (author, year, title), `url` (https://…) and `where` (section, equation).
    """
    if not kata.facts.references:
        yield _finding(kata, "names no source; add [[references]] with text, url and where")
    for number, reference in enumerate(kata.facts.references, start=1):
        place = [_REFERENCE] * number
        if not reference.text.strip():
            problem = "a reference without text cannot be looked up; name author, year and title"
            yield _finding(kata, problem, *place, _key("text"))
        if not is_web_address(reference.url):
            problem = f"the reference's url {reference.url!r} must be a web address: https://…"
            yield _finding(kata, problem, *place, _key("url"))


def avoided_names_are_dotted(kata: Kata, catalog: Catalog) -> Iterator[Finding]:
    """Each avoided name is dotted, as an import would find it, or an operation of PyTorch.

    A submission's imports are followed to the whole path of what it uses; a bare name matches nothing, so
    that nothing would be forbidden.

    Write the path that the library documents, and each of them where there are several: 'torch.softmax',
    'torch.Tensor.softmax', 'torch.nn.functional.softmax'.
    """
    for name in kata.facts.avoid:
        if not _DOTTED.fullmatch(name) and not is_operation(name):
            problem = f"{name!r} is found in no submission; write the whole path, such as 'torch.softmax'"
            yield _finding(kata, problem, _key("avoid"), f"[\"']{re.escape(name)}[\"']")


def exemptions_name_junk(kata: Kata, catalog: Catalog) -> Iterator[Finding]:
    """Each `[[exempt]]` names a junk that there is, and says why it is right.

    An exemption allows a worthless submission to pass. Misspelled, it allows nothing; without a reason nobody
    can see later whether it still holds.

    Take the name from the finding that made you write it, and give the reason in one sentence: "an update is
    not differentiated".
    """
    for number, exemption in enumerate(kata.facts.exempt, start=1):
        place = [_EXEMPT] * number
        if exemption.junk not in JUNK:
            known = nearest(exemption.junk, JUNK) or f" Known: {', '.join(JUNK)}."
            yield _finding(kata, f"unknown junk {exemption.junk!r}.{known}", *place, _key("junk"))
        if not exemption.reason.strip():
            problem = "an exemption needs a 'reason': why this junk is right here"
            yield _finding(kata, problem, *place, _key("reason"))


def line_of_exemption(kata: Kata, number: int) -> int | None:
    """Return the line of `junk` in the *number*th `[[exempt]]`, from 1."""
    return line_of(read_text(kata.folder / "kata.toml"), *[_EXEMPT] * number, _key("junk"))


def _key(name: str) -> str:
    return rf"^[ \t]*{name}[ \t]*="


def _finding(kata: Kata, problem: str, *patterns: str) -> Finding:
    path = kata.folder / "kata.toml"
    return Finding(path=path, problem=problem, line=line_of(read_text(path), *patterns))
