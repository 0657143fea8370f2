"""The judge: a process that hears one client, or a batch, and has each submission judged."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import InvalidKata
from ..kata import Limits
from ..report import Status
from .batching import serve_batch
from .bench import limits_of_sandbox
from .confinement import Confinement, hide_memory
from .judgement import Judgement, Setting, manifest, stand_in_module
from .probing import probe
from .request import Client
from .sandboxes import Ahead, Spawned
from .session import CannotCollect, Session
from .warm import rehearse, rehearse_suite

_GRACE = 5.0


def judge_connection(connection: socket.socket, setting: Setting) -> None:
    """Serve one client from request to report."""
    connection.setblocking(True)
    client = Client(connection)
    ready = get_ready(client, setting)
    request = client.request()
    if request.get("batch"):
        collect_ahead(request, setting.session)
        serve_batch(connection, lambda each: judge_request(Client(each), setting))
        return
    if request.get("announced"):
        ready = ready if ready is not setting else get_ready(client, setting)
        announced, request = announcement(request, setting.session), client.request()
        if announced != announcement(request, setting.session):
            os._exit(0)  # another kata or another suite by now: the client calls again
    judge_request(client, ready, request)


def announcement(request: dict[str, Any], session: Session) -> object:
    """Collect the suite of a request, and return what must still hold when its submission comes."""
    collect_ahead(request, session)
    try:
        found = os.stat(Path(request["kata"], "suite.py"))
    except OSError:
        return None
    return request["kata"], request["entry_points"], found.st_mtime_ns, found.st_size


def collect_ahead(request: dict[str, Any], session: Session) -> None:
    """Collect the suite of a request ahead of its submission; what is wrong shows when that is judged."""
    sys.modules.setdefault("submission", stand_in_module(tuple(request["entry_points"])))
    with contextlib.suppress(InvalidKata, CannotCollect):
        session.collect(manifest(Path(request["kata"])).path)


def judge_request(client: Client, setting: Setting, request: dict[str, Any] | None = None) -> None:
    """Judge what a client asks for."""
    request = request or client.request()
    try:
        folder = Path(request["kata"])
        refuse_exposed(folder, setting)
        judgement = Judgement(folder, request, client, setting)
    except InvalidKata as error:
        client.tell("report", status=Status.BROKEN, message=str(error), ms=0.0, at=None, output="")
        client.tell("end")
    else:
        _watch_over(judgement)
        judgement.run()


def get_ready(client: Client, setting: Setting) -> Setting:
    """Use the time of a client that called before it has a request; return the setting then."""
    if client.has_spoken():
        return setting
    sandboxes = Ahead(setting.sandboxes, limits_of_sandbox(Limits()))
    rehearse(lambda: not client.has_spoken())
    if not client.has_spoken():
        rehearse_suite(setting.session)
    return replace(setting, sandboxes=sandboxes)


def refuse_exposed(folder: Path, setting: Setting) -> None:
    """Raise InvalidKata where submissions could read the kata's files in spite of the confinement."""
    if setting.isolation.level != "limits-only" and setting.confinement.exposes(folder):
        raise InvalidKata(folder, None, "lies where submissions may read; move it elsewhere")


def _watch_over(judgement: Judgement) -> None:
    """End a judge whose suite does not come back by itself."""

    def too_late(*_: object) -> None:
        judgement.finish(Status.BROKEN, "the suite did not end by itself within its limits")
        os._exit(0)

    signal.signal(signal.SIGALRM, too_late)
    signal.setitimer(signal.ITIMER_REAL, judgement.limits.total_seconds + _GRACE)


def main() -> None:
    """Run as a process of its own, where forking is not safe: `judge CONNECTION_FD`."""
    sys.dont_write_bytecode = True
    hide_memory()
    confinement = Confinement.build()
    setting = Setting(Spawned(), probe(confinement), confinement, Session())
    judge_connection(socket.socket(fileno=int(sys.argv[1])), setting)


if __name__ == "__main__":
    main()
