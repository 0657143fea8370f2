"""`mlkata server`: the process that makes checks fast."""

from __future__ import annotations

from types import ModuleType

import click

from .commands import LazyGroup
from .options import Settings, common

COMMANDS = {
    "status": ("ml_katas.cli.server:status", "Whether it runs, and where its socket and log are."),
    "stop": ("ml_katas.cli.server:stop", "Stop it; the next check starts one."),
    "restart": ("ml_katas.cli.server:restart", "Stop it and start a fresh one."),
}


@click.group(name="server", cls=LazyGroup, table=COMMANDS)
def group() -> None:
    """See, stop or restart the process that makes checks fast."""


@click.command()
@common
def status(settings: Settings) -> None:
    """Show whether the server runs, and where its socket and log are."""
    server = _server()
    running, others = server.find(), server.others()
    if settings.json:
        facts = (
            {"pid": running.pid, "socket": str(running.socket), "log": str(running.log)} if running else {}
        )
        settings.screen.emit(
            {"schema": "mlkata.server/1", "running": running is not None, "others": others, **facts}
        )
        return
    if running is None:
        settings.screen.say("No server runs; the next `mlkata check` starts one.")
    else:
        settings.screen.say(f"The server runs as process {running.pid}.")
        settings.screen.say(f"  socket  {running.socket}\n  log     {running.log}")
    for pid in others:
        settings.screen.say(
            f"Process {pid} is a server of no use: it starts, or nobody can call it any more."
        )


@click.command()
@common
def stop(settings: Settings) -> None:
    """Stop the server; the next check starts one."""
    server = _server()
    stopped = server.stop()
    if settings.json:
        settings.screen.emit({"schema": "mlkata.server/1", "running": False, "stopped": stopped})
    else:
        settings.screen.say("The server is stopped." if stopped else "No server ran.")


@click.command()
@common
def restart(settings: Settings) -> None:
    """Stop the server and start a fresh one."""
    server = _server()
    server.stop()
    running = server.start()
    if settings.json:
        settings.screen.emit({"schema": "mlkata.server/1", "running": True, "pid": running.pid})
    else:
        settings.screen.say(f"A fresh server runs as process {running.pid}.")


def _server() -> ModuleType:
    from ..judging.client import require_platform

    require_platform()
    from ..judging import server

    return server
