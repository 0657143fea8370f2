"""Where the command line ends: one place turns errors into words and exit codes."""

from __future__ import annotations

import contextlib
import json
import re
import sys
from collections.abc import Callable

import click

from ..errors import INTERRUPTED, BadEnvironment, MlkataError, UsageError
from .commands import mlkata
from .screen import fitted, settle_streams


def run_process(given: list[str]) -> None:
    """Run the command that this process was started with."""
    run(given, settle_streams)


def run(given: list[str], settle: Callable[[], None] = lambda: None) -> None:
    """Run the command that was given and leave with its exit code; at first *settle* what it runs in."""
    try:
        settle()
        code = mlkata.main(given, prog_name="mlkata", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        code = error.exit_code
    except (MlkataError, click.ClickException) as error:
        code = _report(_ours(error), as_json="--json" in given)
    except (click.Abort, KeyboardInterrupt):
        code = INTERRUPTED
    except Exception as error:
        from .crash import internal_error

        code = _report(internal_error(error), as_json="--json" in given)
    sys.exit(code or 0)


def _ours(error: MlkataError | click.ClickException) -> MlkataError:
    if isinstance(error, MlkataError):
        return error
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "mlkata"
    return UsageError(error.format_message(), f"`{command} --help` shows how it is used.")


def _report(error: MlkataError, *, as_json: bool) -> int:
    if as_json:
        with contextlib.suppress(BadEnvironment):  # the output cannot be written: that is what went wrong
            click.echo(json.dumps(_as_json(error)))
            return error.exit_code
    _say(error)
    return error.exit_code


def _say(error: MlkataError) -> None:
    """Write what went wrong and the next step on stderr."""
    click.echo(fitted(f"mlkata: {error.message}", sys.stderr), err=True)
    if error.next_step:
        click.echo(fitted(f"  {error.next_step}", sys.stderr), err=True)


def _as_json(error: MlkataError) -> dict[str, object]:
    return {
        "schema": "mlkata.error/1",
        "error": re.sub(r"(?<!^)(?=[A-Z])", "-", type(error).__name__).lower(),
        "message": error.message,
        "next_step": error.next_step,
        "exit_code": error.exit_code,
    }
