"""What a deck says about itself: YAML between two lines `---` at its beginning, read strictly."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..errors import InvalidDeck
from ..support.records import record
from ..support.spelling import nearest

_KEYS = {"title": "text", "paper": "text", "url": "text", "tags": "a list of words"}


@record
class FrontMatter:
    """The title of a deck, the paper that it is about, that paper's address, and tags."""

    title: str
    paper: str = ""
    url: str = ""
    tags: tuple[str, ...] = ()


def cut(path: Path, text: str) -> tuple[FrontMatter | None, str]:
    """Return the front matter of *text*, if it has one, and the rest; every line keeps its number."""
    lines = text.splitlines()
    if not lines or lines[0].rstrip() != "---":
        return None, text
    end = next((n for n, line in enumerate(lines) if n and line.rstrip() == "---"), None)
    if end is None:
        raise InvalidDeck(path, 1, "the front matter is not closed; end it with a line ---")
    values = dict(_values(path, "\n".join(lines[1:end])))
    if "title" not in values:
        raise InvalidDeck(path, 1, "'title' is missing in the front matter")
    return FrontMatter(**values), "\n".join(["", *[""] * end, *lines[end + 1 :]])


def _values(path: Path, yaml_text: str) -> Iterator[tuple[str, Any]]:
    seen: set[str] = set()
    for key, value, line in _pairs(path, yaml_text):
        if key not in _KEYS:
            raise InvalidDeck(path, line, f"unknown key {key!r}.{nearest(str(key), _KEYS)}")
        if key in seen:
            raise InvalidDeck(path, line, f"{key!r} is there twice")
        seen.add(key)
        fits = isinstance(value, list) if key == "tags" else isinstance(value, str) and value.strip()
        if not fits or (key == "tags" and not all(isinstance(tag, str) and tag.strip() for tag in value)):
            raise InvalidDeck(path, line, f"{key!r} must be {_KEYS[key]}, not {value!r}")
        yield key, tuple(value) if key == "tags" else value


def _pairs(path: Path, yaml_text: str) -> Iterator[tuple[Any, Any, int]]:
    """Yield the keys and values of a YAML mapping, each with its line in the file."""
    import yaml

    loader = yaml.SafeLoader(yaml_text)
    try:
        node = loader.get_single_node()
        if not isinstance(node, yaml.MappingNode):
            raise InvalidDeck(path, 2, "the front matter must be lines such as 'title: Switch Transformer'")
        for key, value in node.value:
            pair = loader.construct_object(key, deep=True), loader.construct_object(value, deep=True)
            yield *pair, key.start_mark.line + 2
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error)
        raise InvalidDeck(path, mark.line + 2 if mark else 1, f"not YAML: {problem}") from None
    except (ValueError, RecursionError) as error:
        raise InvalidDeck(path, 1, f"not YAML: {error}") from None
    finally:
        loader.dispose()
