"""The judge: a process that serves one client, or a batch, and has each submission judged."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from ...course.kata import Limits
from ...errors import InvalidKata
from ...report import IsolationLevel, Status
from .. import protocol
from ..boundary.rehearsal import rehearse
from ..launch import MOST_STARTS, START_SECONDS
from ..log import log
from ..memory import bound_memory
from ..protocol import Announcement, Batch, Client, Message, Request
from ..run.judgement import Judgement, Setting, manifest
from ..run.session import CannotCollect, Session
from ..run.submission_module import stand_in_module
from ..run.supervisor import limits_of_sandbox
from ..sandbox.confinement import Confinement, die_with_parent, hide_memory
from ..sandbox.linux import use_huge_pages
from ..sandbox.probes import probe
from ..sandbox.providers import Ahead, Refusing, Spawned
from .warmup import rehearse_suite

_GRACE = 5.0
_MANY_FORKS = 16
_LOOK_SECONDS = 0.2


def judge_connection(connection: socket.socket, setting: Setting) -> None:
    """Serve one client from request to report."""
    with _logged():
        _judge_connection(connection, setting)


def _judge_connection(connection: socket.socket, setting: Setting) -> None:
    connection.setblocking(True)
    client = Client(connection)
    ready = get_ready(client, setting)
    message = client.receive()
    if isinstance(message, Announcement):
        ready = ready if ready is not setting else get_ready(client, setting)
        announced, message = collected(message, setting.session), client.receive()
        if isinstance(message, Request) and announced != collected(message, setting.session):
            os._exit(0)  # another kata or another suite by now: the client calls again
    match message:
        case Request():
            judge_request(client, ready, message)
        case Batch():
            collected(message, setting.session)
            serve_batch(connection, lambda each: judge_one_of_batch(Client(each), setting))
        case Announcement():
            os._exit(0)


def collected(message: Message, session: Session) -> object:
    """Collect the suite of a kata ahead of its submission, and return what must still hold when that comes.

    What is wrong with the suite shows when the submission is judged.
    """
    sys.modules.setdefault("submission", stand_in_module(message.entry_points))
    with contextlib.suppress(InvalidKata, CannotCollect):
        session.collect(manifest(Path(message.kata)).path)
    try:
        found = os.stat(Path(message.kata, "suite.py"))
    except OSError:
        return None
    return message.kata, message.entry_points, found.st_mtime_ns, found.st_size


def judge_one_of_batch(client: Client, setting: Setting) -> None:
    """Judge the submission that a client of a batch sends."""
    with _logged():
        request = client.receive()
        if isinstance(request, Request):
            judge_request(client, setting, request)


@contextlib.contextmanager
def _logged() -> Iterator[None]:
    """Write into the log what ends a judge before it could judge anything."""
    try:
        yield
    except Exception as error:
        log(error)
        raise


def judge_request(client: Client, setting: Setting, request: Request) -> None:
    """Judge what a client asks for."""
    guarded = replace(setting, sandboxes=Refusing(setting.sandboxes, client.refuse))
    try:
        refuse_exposed(Path(request.kata), setting)
        judgement = Judgement(request, client, guarded)
    except InvalidKata as error:
        client.send(protocol.Ended(status=Status.BROKEN, message=str(error)))
        client.end()
    else:
        starts = MOST_STARTS * START_SECONDS if isinstance(setting.sandboxes, Spawned) else 0.0
        bound_memory(request.limits.memory_mib)
        _watch_over(judgement, judgement.limits.total_seconds + starts + _GRACE)
        judgement.run()


def get_ready(client: Client, setting: Setting) -> Setting:
    """Use the time of a client that called before it has a request; return the setting then."""
    if client.has_spoken():
        return setting
    try:
        sandboxes = Ahead(setting.sandboxes, limits_of_sandbox(Limits()))
    except OSError:  # which matters once there is a request
        return setting
    rehearse(lambda: not client.has_spoken())
    if not client.has_spoken():
        rehearse_suite(setting.session)
    return replace(setting, sandboxes=sandboxes)


def refuse_exposed(folder: Path, setting: Setting) -> None:
    """Raise InvalidKata where submissions could read the kata's files in spite of the confinement."""
    if setting.isolation.level is not IsolationLevel.LIMITS_ONLY and setting.confinement.exposes(folder):
        raise InvalidKata(folder, None, "lies where submissions may read; move it elsewhere")


def _watch_over(judgement: Judgement, seconds: float) -> None:
    """Look now and then whether the judge itself takes too long: for the submission, or for its suite."""
    last = time.monotonic() + seconds
    supervisor = judgement.supervisor

    def look(*_: object) -> None:
        if supervisor.is_late:
            raise supervisor.clock.ending()
        if time.monotonic() > last:
            judgement.finish(*supervisor.without_end())
            os._exit(0)

    signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, _LOOK_SECONDS, _LOOK_SECONDS)


def main() -> None:
    """Run as a process of its own, where forking is not safe: `judge CONNECTION_FD`."""
    sys.dont_write_bytecode = True
    hide_memory()
    confinement = Confinement.build()
    setting = Setting(Spawned(), probe(confinement), confinement, Session())
    judge_connection(socket.socket(fileno=int(sys.argv[1])), setting)


if __name__ == "__main__":
    main()


def serve_batch(connection: socket.socket, judge: Callable[[socket.socket], None]) -> None:
    """Have a fork *judge* each connection that arrives over this one, until it closes."""
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # forks are not waited for
    forks = 0
    while True:
        message, fds, _, _ = socket.recv_fds(connection, 1, 1)
        if not message:
            return
        for fd in fds:
            _fork_for(socket.socket(fileno=fd), connection, judge)
            forks += 1
            if forks == _MANY_FORKS:
                use_huge_pages()  # from now on forks are cheap


def _fork_for(client: socket.socket, batch: socket.socket, judge: Callable[[socket.socket], None]) -> None:
    with client:
        if os.fork():
            return
        try:
            die_with_parent()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            batch.close()
            judge(client)
        finally:
            os._exit(0)
