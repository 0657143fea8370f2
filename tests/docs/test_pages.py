"""What all pages share: their commands exist, their links lead somewhere; the README says what CI does."""

from __future__ import annotations

import re
from collections.abc import Iterator

import click
import pytest

from ml_katas.cli.commands import mlkata
from tests.docs.pages import PAGES, ROOT, names, without_code

README = PAGES["README.md"]
CONSTRAINTS = (ROOT / "constraints.txt").read_text(encoding="utf-8")
CI = (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def code(page: str) -> Iterator[str]:
    """Yield what a page shows as code: between backticks, and in indented lines."""
    yield from names(page)
    yield from re.findall(r"^    (\S.*)$", page, re.MULTILINE)


LINES = sorted(
    {
        (name, line.strip())
        for name, page in PAGES.items()
        for text in code(page)
        for line in re.findall(r"(?:^|&& )(mlkata(?: [^#&]*|$))", text)
    }
)


@pytest.mark.parametrize(("page", "line"), LINES)
def test_commands_and_their_options_exist(page: str, line: str) -> None:
    """Every command that a page names exists, with every option."""
    command: click.Command = mlkata
    context = click.Context(command)
    words = line.split()[1:]
    while words and isinstance(command, click.Group) and not words[0].startswith("-"):
        found = command.get_command(context, words.pop(0))
        assert found, f"{page}: there is no such command: {line}"
        command = found
    known = {
        name for option in command.get_params(context) for name in (*option.opts, *option.secondary_opts)
    }
    assert {word for word in words if re.fullmatch(r"--?[a-z][a-z-]*", word)} <= known


def commands(group: click.Group, path: str) -> Iterator[str]:
    """Yield every command of a group that does something, by its whole name."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}"


def test_the_readme_names_every_command() -> None:
    """The README has a line for each command, or names it beside its sisters."""
    said = {line for page, line in LINES if page == "README.md"}
    known = set(commands(mlkata, "mlkata")) - {"mlkata status"}  # which is `mlkata` alone
    assert {name for name in known if not any(f"{line} ".startswith(f"{name} ") for line in said)} == set()
    assert "mlkata" in said


def test_links_lead_somewhere() -> None:
    """Each link to a file, or to a heading, leads to one that is there; what is shown as code is no link."""
    lost = []
    for name, page in PAGES.items():
        home = ROOT if name == "README.md" else ROOT / "docs"
        for path, anchor in re.findall(r"\]\(([^)#\s:]*)(?:#([^)\s]*))?\)", without_code(page)):
            file = home / path if path else home / name
            if not file.exists() or (anchor and anchor not in anchors(PAGES[file.name])):
                lost.append(f"{name}: {path}#{anchor}")
    assert lost == []


def anchors(page: str) -> set[str]:
    """Return how the headings of a page are linked to."""
    headings = re.findall(r"^#+ (.*)$", page, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_readme_leads_to_every_page() -> None:
    """Each page of `docs/` has a link in the README."""
    assert [name for name in PAGES if name != "README.md" and f"(docs/{name}" not in README] == []


def test_ci_runs_the_command_of_the_readme() -> None:
    """What the README gives as the way to the tests stands in `.ci/run` word for word."""
    (command,) = re.findall(r"^    (pip install .* && pytest)$", README, re.MULTILINE)
    assert re.search(rf"^{re.escape(command)}( |$)", CI, re.MULTILINE)


def test_the_light_pytorch_is_the_constrained_one() -> None:
    """The README installs first the version of PyTorch that the second step asks for."""
    assert re.findall(r"pip install (torch==\S+)", README) == re.findall(
        r"^torch==\S+$", CONSTRAINTS, re.MULTILINE
    )
