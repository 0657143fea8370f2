"""What a card of a vault says, as a card of ours says it: pictures, headings, comments."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from urllib.parse import unquote

from ...support.markdown import parted
from ...support.sanitize import sanitize
from ..pictures import SUFFIXES, is_on_the_web

_MARKS = re.compile(r"`{3,}|~{3,}")
_CODE_SPAN = r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)"
_COMMENT = re.compile(f"{_CODE_SPAN}|(?P<comment><!--.*?-->)", re.DOTALL)
_HEADING = re.compile(r"#{1,3}(?=\s)")
_IMAGE = re.compile(
    r"!\[\[(?P<name>[^\]|#]+)(?:#[^\]|]*)?(?:\|(?P<label>[^\]]*))?\]\]"
    r"|!\[(?P<alt>[^\]\n]*)\]\((?:<(?P<pointed>[^<>\n]+)>|(?P<target>[^()\s]+))(?:\s+\"[^\"\n]*\")?\)"
)
_IMG = re.compile(r"<img\b(?P<attributes>[^<>]*)/?>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"\b(?P<name>src|alt)\s*=\s*\"(?P<value>[^\"]*)\"", re.IGNORECASE)
# Code is passed over; of formulas those with blanks inside their marks are of interest.
_MATH = re.compile(r"(?P<kept>\\.|(`+)(?!`).*?(?<!`)\2(?!`)|\$\$[^$]*\$\$)|\$(?P<formula>[^$]+)\$")
_SIZE = re.compile(r"\d+(?:x\d+)?")
_KEEPS_PICTURES_INLINE = re.compile(r"\s*(?:[-*+]|\d+[.)]|\||>)")
_ODD_BREAKS = re.compile("\r\n?|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")

# Returns what a picture of this name is to be loaded from, and nothing where it is missing.
Find = Callable[[str], str]


def one_line(text: str, find: Find) -> str:
    """Return a question, which a deck has on one line."""
    lines = (_with_pictures(_tightened(line), find) for line in _clean(text).split("\n"))
    return " ".join(line.strip() for line in lines if line.strip())


def converted(text: str, find: Find) -> str:
    """Return an answer or an explanation in which nothing looks like the next card."""
    lines = _clean(text).split("\n")
    code: set[int] = set()
    for fence in parted(enumerate(lines))[1]:
        code.update(fence.span)
        if not fence.is_closed:
            code.add(len(lines))
            lines.append(_MARKS.findall(lines[fence.line])[0])
    return "\n".join(_converted(lines, code, find)).strip()


def _converted(lines: list[str], code: set[int], find: Find) -> Iterator[str]:
    for number, line in enumerate(lines):
        if number in code:
            yield line
            continue
        text = _tightened(_HEADING.sub("####", line.rstrip()))
        if _KEEPS_PICTURES_INLINE.match(text):
            yield _with_pictures(text, find)
        else:
            yield from _on_lines_of_their_own(text, find)


def _clean(text: str) -> str:
    """Return *text* without comments, images of HTML and what no terminal should get; code keeps its own."""
    lines = sanitize(_ODD_BREAKS.sub("\n", text)).split("\n")
    parts, behind = [], 0
    for fence in parted(enumerate(lines))[1]:
        code = fence.span
        parts += [_without_html(lines[behind : code.start]), lines[code.start : code.stop]]
        behind = code.stop
    parts.append(_without_html(lines[behind:]))
    return "\n".join(line for part in parts for line in part)


def _without_html(lines: list[str]) -> list[str]:
    text = _COMMENT.sub(lambda match: "" if match["comment"] else match[0], "\n".join(lines))
    return _IMG.sub(_as_markdown, text).split("\n") if lines else []


def _as_markdown(match: re.Match[str]) -> str:
    """Return an image of HTML as one of Markdown."""
    attributes = {a["name"].lower(): a["value"] for a in _ATTRIBUTE.finditer(match["attributes"])}
    source = attributes.get("src", "")
    return f"![{attributes.get('alt', '')}](<{source}>)" if source else match[0]


def _tightened(line: str) -> str:
    """Return *line* with formulas such as `$x_1 $`, which a stricter reader takes for text, as `$x_1$`."""

    def tight(match: re.Match[str]) -> str:
        formula = match["formula"]
        is_math = formula and re.search(r"[\\_^{}=]", formula)
        return f"${formula.strip()}$" if is_math else match[0]

    return _MATH.sub(tight, line)


def _on_lines_of_their_own(line: str, find: Find) -> Iterator[str]:
    """Yield *line* with a line for each picture, as a deck wants it."""
    at = 0
    for match in _IMAGE.finditer(line):
        before = line[at : match.start()].rstrip()
        if before.strip():
            yield before
        yield _picture(match, find)
        at = match.end()
    rest = line[at:]
    if rest.strip() or not at:
        yield rest if not at else rest.lstrip()


def _with_pictures(line: str, find: Find) -> str:
    return _IMAGE.sub(lambda match: _picture(match, find), line)


def _picture(match: re.Match[str], find: Find) -> str:
    """Return a picture with a link to its copy, or what was there, where that is no picture."""
    name = (match["name"] or match["pointed"] or match["target"]).strip()
    if is_on_the_web(name):
        return f"[{match['alt'] or 'a picture'}]({name})"
    if not name.lower().endswith(SUFFIXES):
        return match[0]
    target = find(name)
    stem = unquote(name).rpartition("/")[2].rpartition(".")[0]
    label = match["label"] or ""
    words = match["alt"] or ("" if _SIZE.fullmatch(label) else label) or stem.replace("_", " ")
    return f"![{words}]({target})" if target else f"*[{words}: this picture is missing]*"
