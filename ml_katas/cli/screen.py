"""Where output goes and how: colour is resolved here, once, and nowhere else."""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, TextIO

import click

from ..errors import BadEnvironment
from ..support.records import record
from ..support.sanitize import sanitize

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

_LEAST_WIDTH, _USUAL_WIDTH = 20, 80
_PROMPT_LINES = 2  # below what a command wrote: a note, the prompt


class _Output(io.FileIO):
    """Where a command writes; it swallows what nobody reads any more, and says what else went wrong."""

    reader_is_gone = False

    def write(self, data: Any) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            self.reader_is_gone = True
            return len(data)
        except OSError as error:
            says = f"The output cannot be written: {(error.strerror or str(error)).lower()}."
            raise BadEnvironment(says, "Free some space, or send it elsewhere.") from None


class _Notes(io.FileIO):
    """Where a command says what went wrong; there is nowhere to say that this failed too."""

    def write(self, data: Any) -> int:
        try:
            return super().write(data)
        except OSError:
            return len(data)


def settle_streams() -> None:
    """Make the streams of this process safe to use, or raise BadEnvironment where there is no output."""
    output: TextIO | None = sys.stdout
    notes: TextIO | None = sys.stderr
    source: TextIO | None = sys.stdin
    if source is None:
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115
    sys.stderr = _over(notes, _Notes) if notes else open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    if output is None:
        raise BadEnvironment("The standard output is closed.", "`> /dev/null` throws it away.")
    sys.stdout = _over(output, _Output)


def _over(stream: TextIO, kind: type[io.FileIO]) -> TextIO:
    """Return a stream like *stream*, to the same file by way of *kind*."""
    return io.TextIOWrapper(
        io.BufferedWriter(kind(stream.fileno(), "w", closefd=False)),
        encoding=stream.encoding,
        errors=stream.errors,
        line_buffering=getattr(stream, "line_buffering", False),
    )


@record
class Colour:
    """Whether a stream gets colour, and the setting that decided it."""

    on: bool
    because: str


def resolve_colour(flag: str, stream: TextIO, environ: Mapping[str, str], why: str = "") -> Colour:
    """Return whether *stream* gets colour: NO_COLOR beats --color, which beats FORCE_COLOR, then the TTY.

    *why* says where *flag* comes from, if not from the command line.
    """
    if environ.get("NO_COLOR"):
        return Colour(False, "NO_COLOR is set")
    if flag != "auto":
        return Colour(flag == "always", why or f"--color {flag}")
    if environ.get("FORCE_COLOR"):
        return Colour(environ["FORCE_COLOR"] not in ("0", "false"), f"FORCE_COLOR={environ['FORCE_COLOR']}")
    if not stream.isatty():
        return Colour(False, "this is not a terminal")
    if environ.get("TERM") == "dumb":
        return Colour(False, "TERM is dumb")
    return Colour(True, "this is a terminal")


class Screen:
    """The two streams of one command; rich is imported when something is drawn."""

    def __init__(self, colour: str = "auto", plain: bool = False, why: str = "") -> None:
        self.plain = plain
        colour, why = ("never", "output is plain") if plain else (colour, why)
        self.colour = resolve_colour(colour, sys.stdout, os.environ, why)
        self._error_colour = resolve_colour(colour, sys.stderr, os.environ, why)
        for stream in (sys.stdout, sys.stderr):
            # A terminal that lacks a sign shows another in its place; that is no reason to crash.
            with contextlib.suppress(AttributeError):
                stream.reconfigure(errors="replace")  # type: ignore[union-attr]

    @property
    def encoding(self) -> str:
        return sys.stdout.encoding or "ascii"

    @cached_property
    def out(self) -> Console:
        """The console of stdout."""
        return _console(sys.stdout, self.colour, self.plain)

    @cached_property
    def err(self) -> Console:
        """The console of stderr."""
        return _console(sys.stderr, self._error_colour, self.plain)

    @property
    def is_read(self) -> bool:
        """Whether somebody may still read what is written on stdout, as far as that was noticed."""
        outlet = getattr(getattr(sys.stdout, "buffer", None), "raw", None)
        return not getattr(outlet, "reader_is_gone", False)

    def draw(self, view: RenderableType) -> None:
        """Draw a rich renderable on stdout."""
        self.out.print(view)

    def height_of(self, view: RenderableType) -> int:
        """Return on how many lines of the terminal *view* was drawn; 0 where there is none."""
        return len(self.out.render_lines(view, pad=False)) if self.is_shown else 0

    def has_scrolled(self, height: int) -> bool:
        """Return whether so many lines, and a prompt below, are more than the terminal shows."""
        import shutil

        return self.is_shown and height >= shutil.get_terminal_size().lines - _PROMPT_LINES

    @property
    def is_terminal(self) -> bool:
        """Whether somebody sits before it: what is written appears on a terminal, and keys come from one."""
        return sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM") != "dumb"

    @property
    def is_shown(self) -> bool:
        """Whether what is written appears on a terminal."""
        return sys.stdout.isatty()

    def leaf_through(self, view: RenderableType) -> None:
        """Draw what is to be read; on a terminal in a pager, which ends by itself where all fits."""
        if self.plain or not self.is_terminal:
            self.draw(view)
            return
        with self.out.capture() as captured:
            self.out.print(view)
        os.environ.setdefault("LESS", "FRX")
        click.echo_via_pager(captured.get(), color=self.colour.on)

    def say(self, text: str = "", *, aside: str = "") -> None:
        """Write a line of text on stdout, its *aside* dimmed; escape sequences in it come to nothing."""
        shown = fitted(f"{text}  {aside}" if aside else text, sys.stdout, self.plain)
        if aside and self.colour.on:
            shown = shown.removesuffix(aside) + click.style(aside, dim=True)
        click.echo(shown, color=self.colour.on or None)

    def note(self, text: str) -> None:
        """Write a line of text on stderr; escape sequences in it come to nothing."""
        click.echo(fitted(text, sys.stderr, self.plain), err=True)

    def emit(self, value: dict[str, Any]) -> None:
        """Write one JSON object on stdout."""
        click.echo(json.dumps(value, ensure_ascii=not self.encoding.lower().startswith("utf")))

    @contextlib.contextmanager
    def working(self, text: str) -> Iterator[Working]:
        """Show *text* on a terminal's stderr until the block ends."""
        moves = sys.stderr.isatty() and not self.plain and os.environ.get("TERM") != "dumb"
        working = Working(moves)
        working.show(text)
        try:
            yield working
        finally:
            working.clear()


class Working:
    """A line on stderr that says what is waited for, on a terminal where it can be taken back."""

    def __init__(self, moves: bool) -> None:
        self._moves = moves
        self._is_shown = False

    def show(self, text: str) -> None:
        """Show *text* until it is cleared."""
        if self._moves:
            click.echo(text, err=True, nl=False)
            self._is_shown = True

    def clear(self) -> None:
        """Take the line back."""
        if self._is_shown:
            click.echo("\r\x1b[K", err=True, nl=False, color=True)
            self._is_shown = False


def fitted(text: str, stream: TextIO, is_plain: bool = False) -> str:
    """Return *text* as literal text; on a terminal its lines are broken between words."""
    if is_plain or not stream.isatty():
        return sanitize(text)
    import shutil

    width = usable_width(shutil.get_terminal_size().columns)
    return "\n".join(_broken(line, width) for line in sanitize(text).split("\n"))


def usable_width(columns: int) -> int:
    """Return the width to draw at: what a terminal says, unless it says that it has none, or hardly any."""
    return max(_LEAST_WIDTH, columns or _USUAL_WIDTH)


def _broken(line: str, width: int) -> str:
    import textwrap

    indent = line[: len(line) - len(line.lstrip())]
    parts = textwrap.wrap(
        line,
        width,
        subsequent_indent=indent,
        replace_whitespace=False,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join(parts)


def _console(stream: TextIO, colour: Colour, plain: bool) -> Console:
    from rich.console import Console, ConsoleDimensions

    class SteadyConsole(Console):
        """A console that is never too small to show anything, whatever the terminal says of its size."""

        @property  # type: ignore[misc]
        def size(self) -> ConsoleDimensions:
            width, height = super().size
            return ConsoleDimensions(usable_width(width), height)

    class PlainConsole(SteadyConsole):
        """A console that asks for ASCII boxes whatever the stream could show."""

        @property
        def encoding(self) -> str:
            return "ascii"

    return (PlainConsole if plain else SteadyConsole)(
        file=stream,
        color_system=_depth(os.environ) if colour.on else None,
        no_color=not colour.on,
        force_terminal=stream.isatty(),
        highlight=False,
        markup=False,
        emoji=False,
        soft_wrap=False,
    )


def _depth(environ: Mapping[str, str]) -> Any:
    if environ.get("COLORTERM", "").lower() in ("truecolor", "24bit"):
        return "truecolor"
    return "256" if "256color" in environ.get("TERM", "") else "standard"
