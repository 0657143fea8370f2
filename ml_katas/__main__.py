"""Where the command line begins and ends: one place turns errors into words and exit codes."""

from __future__ import annotations

import json
import re
import sys

import click

from .cli.group import mlkata
from .cli.screen import fitted
from .errors import MlkataError, UsageError

INTERRUPTED = 130


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave with its exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    try:
        code = mlkata.main(given, prog_name="mlkata", standalone_mode=False)
    except (MlkataError, click.ClickException) as error:
        code = _tell(_ours(error), as_json="--json" in given)
    except (click.Abort, KeyboardInterrupt):
        code = INTERRUPTED
    sys.exit(code or 0)


def _ours(error: MlkataError | click.ClickException) -> MlkataError:
    if isinstance(error, MlkataError):
        return error
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "mlkata"
    return UsageError(error.format_message(), f"`{command} --help` shows how it is used.")


def _tell(error: MlkataError, *, as_json: bool) -> int:
    if as_json:
        click.echo(json.dumps(_as_json(error)))
    else:
        click.echo(fitted(f"mlkata: {error.message}", sys.stderr), err=True)
        if error.next_step:
            click.echo(fitted(f"  {error.next_step}", sys.stderr), err=True)
    return error.exit_code


def _as_json(error: MlkataError) -> dict[str, object]:
    return {
        "schema": "mlkata.error/1",
        "error": re.sub(r"(?<!^)(?=[A-Z])", "-", type(error).__name__).lower(),
        "message": error.message,
        "next_step": error.next_step,
        "exit_code": error.exit_code,
    }


if __name__ == "__main__":
    main()
