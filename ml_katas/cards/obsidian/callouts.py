"""Cards as callouts: a question, an answer and perhaps an explanation that unfold, then a comment with an id.

> [!question]
> What does the gate return?

> [!answer]-
> A vector of $n$ weights.

<!-- guid: moe/gate -->

---
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ...support.records import record, replace
from .note import Block, Remark, Style, VaultNote, id_in, trimmed

SEPARATOR = ("", "---", "")
_HEAD = re.compile(
    r" {0,3}> ?\[!(?P<kind>question|answer|explanation)(?:\|[^\]]*)?\][+-]?(?P<title>.*)", re.IGNORECASE
)
_QUOTED = re.compile(r" {0,3}>")
_UNQUOTED_HEAD = re.compile(r" {0,3}\[!(?:question|answer|explanation)\]", re.IGNORECASE)
_FENCE = re.compile(r"\s*(`{3,}|~{3,})")
_RULE = re.compile(r" {0,3}-{3,}\s*")


def written(question: str, answer: str, explanation: str) -> list[str]:
    """Return the lines of a card, without its id."""
    parts = [("question]", question), ("answer]-", answer), ("explanation]-", explanation)]
    return "\n\n".join(_callout(head, text) for head, text in parts if text).split("\n")


def read(note: VaultNote) -> Iterator[Block | Remark]:
    """Yield the cards of a note and what is odd in it."""
    card: list[_Callout | _Id] = []
    for part in _parts(note.bare_lines, note.body):
        begins = isinstance(part, _Callout) and part.kind == "question"
        if card and (begins or part is None):
            yield from _block(card, note)
            card = []
        if isinstance(part, Remark):
            yield part
        elif part is not None:
            card.append(part)
    yield from _block(card, note)


def _callout(head: str, text: str) -> str:
    lines = (f"> {line}".rstrip() for line in text.split("\n"))
    return "\n".join((f"> [!{head}", *lines))


@record
class _Callout:
    """One of the three callouts: its text and the lines it takes."""

    kind: str
    text: str
    start: int
    end: int


@record
class _Id:
    """A comment with an id, in a line."""

    guid: str
    marks: tuple[str, ...]
    start: int


def _parts(lines: Sequence[str], body: int) -> Iterator[_Callout | _Id | Remark | None]:
    """Yield callouts, ids and remarks in order; None is a line between two cards."""
    number, fence = body, ""
    while number < len(lines):
        line = lines[number]
        mark = _FENCE.match(line)
        if mark and (not fence or mark[1].startswith(fence)):
            fence = "" if fence else mark[1]
        elif not fence and _HEAD.match(line):
            callout = _whole_callout(lines, number)
            yield callout
            number = callout.end
            continue
        elif not fence:
            yield from _small_part(line, number)
        number += 1


def _small_part(line: str, number: int) -> Iterator[_Id | Remark | None]:
    found = id_in(line)
    if found:
        yield _Id(*found, number)
    elif _RULE.fullmatch(line):
        yield None
    elif _UNQUOTED_HEAD.match(line):
        yield Remark(number + 1, "a callout without its '>'; this line is no part of a card")


def _whole_callout(lines: Sequence[str], start: int) -> _Callout:
    head = _HEAD.fullmatch(lines[start])
    assert head is not None
    end, fence, text = start + 1, "", []
    while end < len(lines) and _QUOTED.match(lines[end]) and (fence or not _HEAD.match(lines[end])):
        text.append(_unquoted(lines[end]))
        mark = _FENCE.match(text[-1])
        if mark and (not fence or mark[1].startswith(fence)):
            fence = "" if fence else mark[1]
        end += 1
    kind, title = head["kind"].lower(), head["title"].strip()
    if title and (kind == "question" or not trimmed(text)):
        text.insert(0, title)
    return _Callout(kind, trimmed(text), start, end)


def _unquoted(line: str) -> str:
    return _QUOTED.sub("", line, count=1).removeprefix(" ")


def _block(card: Sequence[_Callout | _Id], note: VaultNote) -> Iterator[Block | Remark]:
    callouts = [part for part in card if isinstance(part, _Callout)]
    texts: dict[str, str] = {}
    for part in callouts:
        if part.kind in texts:
            yield Remark(part.start + 1, f"a second {part.kind} in one card; the first counts")
        texts.setdefault(part.kind, part.text)
    if not callouts:
        return
    problem = _problem(texts)
    if problem:
        yield Remark(callouts[0].start + 1, problem)
        return
    found = next((part for part in card if isinstance(part, _Id)), None)
    start, end = callouts[0].start, max(part.end for part in callouts)
    block = Block(
        style=Style.CALLOUTS,
        question=texts["question"],
        answer=texts["answer"],
        explanation=texts.get("explanation", ""),
        start=start,
        end=end,
        line=start + 1,
        own=trimmed(note.bare_lines[start:end]),
    )
    yield _with_id(block, found, note) if found else block


def _with_id(block: Block, found: _Id, note: VaultNote) -> Block:
    """Return *block* with its id; whatever stands between the two belongs to it."""
    end = max(block.end, found.start + 1)
    numbered = enumerate(note.bare_lines[block.start : end], block.start)
    lines = [line for number, line in numbered if number != found.start]
    return replace(block, guid=found.guid, marks=found.marks, end=end, own=trimmed(lines))


def _problem(texts: dict[str, str]) -> str:
    if not texts.get("question"):
        return "an answer without a question" if "question" not in texts else "an empty question"
    return "" if texts.get("answer") else "a question without an answer"
