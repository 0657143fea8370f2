"""Cards for the plugin Spaced Repetition: a question, a line `?`, the answer, up to the next empty line.

    <!-- guid: moe/gate -->

    What does the gate return?
    ?
    A vector of $n$ weights.
    <!--SR:!2026-12-01,3,250-->

The plugin writes the last line. It cuts a line at `::`, ends a card at an empty line, and skips whatever line
follows a comment that is not its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from ...support.markdown import parted
from .note import Block, Remark, Style, VaultNote, id_in, trimmed

TAG = "#flashcards"
_EXPLANATION = "**Explanation.** "
_TAG = re.compile(r"#flashcards(?:/[^\s#]+)?(?=\s|$)", re.IGNORECASE)
_SCHEDULE = re.compile(
    r"(?:[ \t]*\n?(?:> \[!sr\|card-metadata\][^\n]*\n> )?[ \t]*<!--SR:(?:(?!-->).)*-->[ \t]*)+\Z", re.DOTALL
)
_COMMENT = re.compile(r"\s*<!--.*?-->")
_CODE = re.compile(r"((?<!`)`[^`]+`(?!`))")
_CLOZE = re.compile(r"==[^=\s][^=]*==")
# Blocks that need no empty line before them, or behind them.
_OPENS = re.compile(r"(?:[-*+] |\d+[.)] |```|~~~|\$\$|\||>|#{1,6} |!\[|\*\*\*$)")
_CLOSES = re.compile(r"(?:```+|~~~+|.*\$\$|#{1,6} .*|\*\*\*|!\[[^\]]*\]\([^)]*\))\s*$")


def written(question: str, answer: str, explanation: str) -> list[str]:
    """Return the lines of a card, without its id."""
    text = answer + (f"\n\n{_EXPLANATION}{explanation}" if explanation else "")
    return [*_without_gaps(question), "?", *_without_gaps(text)]


def read(note: VaultNote) -> Iterator[Block | Remark]:
    """Yield the cards of a note and what is odd in it, as the plugin would see them."""
    reader = _Reader(note)
    while reader.number < len(reader.lines):
        yield from reader.step()
    yield from reader.end_card()


def has_tag(note: VaultNote) -> bool:
    """Return whether the plugin looks for cards in this note."""
    tags = note.facts.get("tags") or ()
    words = tags.split() if isinstance(tags, str) else [str(tag) for tag in tags if tag]
    named = any(_TAG.fullmatch(f"#{word.strip(',#')}") for word in words)
    return named or any(_TAG.match(line.lstrip()) for line in note.bare_lines[note.body :])


def _without_gaps(text: str) -> list[str]:
    """Return the lines of *text* so that the plugin takes them for one answer."""
    lines = text.strip().split("\n")
    code: dict[int, bool] = {}  # whether it is indented, by the line
    for fence in parted(enumerate(lines))[1]:
        code |= dict.fromkeys(fence.span, lines[fence.line][:1].isspace())
    kept: list[str] = []
    is_gap = False
    for number, line in enumerate(lines):
        if number in code:
            # The plugin knows code at the left margin only.
            kept += [line] if line.strip() or not code[number] else []
            continue
        line = _COMMENT.sub("", line)
        if line.strip():
            if is_gap and kept and not _OPENS.match(line):
                _part(kept)
            kept.append(_guarded(line.rstrip()))
        is_gap = not line.strip()
    return kept


def _part(kept: list[str]) -> None:
    """Keep the paragraph that follows apart from what stands before it."""
    if kept[-1].lstrip().startswith("|"):
        kept.append("***")  # nothing else ends a table
    elif not _CLOSES.match(kept[-1]):
        kept[-1] += "<br>"


def _guarded(line: str) -> str:
    """Return *line* with a backslash, which nothing shows, between two colons, but for those in code."""
    parts = _CODE.split(line)
    return "".join(part if n % 2 else part.replace("::", ":\\:") for n, part in enumerate(parts))


def _in_code(line: str, mark: str) -> bool:
    before, _, after = line.partition(mark)
    return before.count("`") % 2 == 1 and after.count("`") % 2 == 1


class _Reader:
    """Walks through the lines as the plugin does."""

    def __init__(self, note: VaultNote) -> None:
        self.lines = note.bare_lines
        self.number = note.body
        self._tag = ""
        self._id: tuple[str, tuple[str, ...], int] | None = None
        self._begin()

    def _begin(self) -> None:
        self._first = self.number
        self._text: list[str] = []
        self._split = 0
        self._separator = ""

    def step(self) -> Iterator[Block | Remark]:
        """Read the next line, or more."""
        line = self.lines[self.number]
        if line.startswith("<!--") and not line.startswith("<!--SR:"):
            self._comment(line)
        elif not line.strip():
            yield from self.end_card()
            self.number += 1
            self._begin()
        else:
            self._text.append(line.rstrip())
            yield from self._card_line(line)

    def _comment(self, line: str) -> None:
        found = id_in(line)
        if found and not self._text:
            self._id = (*found, self.number)
        while "-->" not in self.lines[self.number] and self.number + 1 < len(self.lines):
            self.number += 1
        self.number += 2
        if not self._text:
            self._first = self.number

    def _card_line(self, line: str) -> Iterator[Block | Remark]:
        mark = next((m for m in (":::", "::") if m in line and not _in_code(line, m)), "")
        self.number += 1
        if mark:
            yield from self._one_line_card(line, mark)
        elif line.strip() in ("?", "??"):
            if len(self._text) == 1:
                yield Remark(self.number, f"a line '{line.strip()}' without a question above it")
            else:
                self._separator, self._split = line.strip(), len(self._text) - 1
        elif line.startswith(("```", "~~~")):
            self._code(line)

    def _code(self, line: str) -> None:
        marks = re.match(r"`+|~+", line)
        assert marks is not None
        while self.number < len(self.lines):
            self._text.append(self.lines[self.number])
            self.number += 1
            if self._text[-1].startswith(marks[0]):
                return

    def _one_line_card(self, line: str, mark: str) -> Iterator[Block | Remark]:
        start = self.number - 1
        texts = [line]
        while self.number < len(self.lines) and self.lines[self.number].startswith(("<!--SR:", "> [!sr|")):
            count = 2 if self.lines[self.number].startswith(">") else 1
            texts += self.lines[self.number : self.number + count]
            self.number += count
        own, tail = _cut("\n".join(texts))
        question, _, answer = own.partition(mark)
        yield from self._made(start, question, answer, own=own, tail=tail, both_ways=mark == ":::")
        self._begin()

    def end_card(self) -> Iterator[Block | Remark]:
        """Yield the card that ends before the current line, if one does."""
        if not self._separator:
            yield from self._plain_text()
            return
        text, _ = _cut("\n".join(self._text))
        lines = text.split("\n")
        texts = trimmed(lines[: self._split]), trimmed(lines[self._split + 1 :])
        own, tail = _cut("\n".join(self.lines[self._first : self.number]))
        both_ways = self._separator == "??"
        yield from self._made(
            self._first, *texts, own=trimmed(own.split("\n")), tail=tail, both_ways=both_ways
        )
        self._separator = ""

    def _plain_text(self) -> Iterator[Remark]:
        """Remember a tag; other text belongs to the learner."""
        text = "\n".join(self._text)
        rest = self._untagged(text)
        if rest:
            self._id = None
        if _CLOZE.search(rest) and "$" not in rest:
            yield Remark(self._first + 1, "a cloze; only a question with an answer is read")

    def _untagged(self, text: str) -> str:
        while match := _TAG.match(text.lstrip()):
            self._tag = match[0]
            text = text.lstrip()[match.end() :]
        return text.strip()

    def _made(self, start: int, question: str, answer: str, **facts: Any) -> Iterator[Block | Remark]:
        question = self._untagged(question)
        answer, _, explanation = answer.strip().partition(f"\n{_EXPLANATION}")
        found, self._id = self._id, None
        if not question or not answer:
            missing = "a question without an answer" if question else "an answer without a question"
            yield Remark(start + 1, missing)
            return
        guid, marks, first = found or ("", (), start)
        yield Block(
            style=Style.SPACED_REPETITION,
            question=_restored(question),
            answer=_restored(answer),
            explanation=_restored(explanation),
            start=first,
            end=self.number,
            line=start + 1,
            guid=guid,
            marks=marks,
            tag=self._tag,
            **facts,
        )


def _cut(text: str) -> tuple[str, str]:
    """Return *text* without what the plugin wrote at its end, and that, as it is."""
    match = _SCHEDULE.search(text)
    return (text[: match.start()], text[match.start() :]) if match else (text, "")


def _restored(text: str) -> str:
    """Return what a writer of ours, or a learner, had to write differently for the plugin."""
    lines: Sequence[str] = text.replace(":\\:", "::").split("\n")
    return "\n".join(re.sub(r"<br ?/?>$", "\n", line.rstrip()) for line in lines).strip()
