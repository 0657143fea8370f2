"""The parent: torch and pytest loaded once, then one fork for every judge and every sandbox.

It never reads a kata or a submission: a connection goes unread to the judge that it forks, and what a
judge asks of it is only "a sandbox, with these limits".
"""

from __future__ import annotations

import contextlib
import errno
import gc
import json
import os
import select
import selectors
import signal
import socket
import struct
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import torch

from .. import places
from ..endings import MOST_THREADS, NOT_STARTED, TOO_MANY_THREADS
from ..protocol import MAKE_ROOM, Refused, refusal
from ..run.judgement import Setting
from ..run.session import Session
from ..sandbox.confinement import Confinement, die_with_parent, hide_memory
from ..sandbox.linux import thread_count, use_huge_pages
from ..sandbox.probes import probe
from ..sandbox.process import become_sandbox
from ..sandbox.providers import FromParent
from . import warmup
from .judge import judge_connection

_CREDENTIALS = struct.Struct("3i")
_LOOK_SECONDS = 0.05
_QUIET_SECONDS = 1.0
_MANY_FORKS = 24
# How long at most, and at least, until it is looked again whether the socket is still this parent's.
_REST_SECONDS, _SELF_SECONDS = 60.0, 1.0


@dataclass
class _Judge:
    """A judge that runs: its process, its client, the socket over which it asks for sandboxes."""

    connection: socket.socket
    control: socket.socket
    hangup: select.epoll
    pid: int = 0
    handle: int = -1


class Parent:
    """Waits for connections, for judges that want sandboxes, and for children that end.

    What the system refuses to one client is refused to that client only.
    """

    def __init__(self, confinement: Confinement, place: Place) -> None:
        self._confinement = confinement
        self._place = place
        self._isolation = probe(confinement)
        self._session = Session()
        self._judges: dict[int, _Judge] = {}
        self._sandboxes: dict[int, int] = {}
        self._crowded: set[int] = set()
        self._selector = selectors.DefaultSelector()
        self._listener: socket.socket | None = None
        self._forks = 0
        self._is_collapsed = False
        self._is_retired = False
        self._spare = os.open(os.devnull, os.O_RDONLY)  # given up to refuse a call in words

    def listen(self, listener: socket.socket) -> None:
        """Take the calls that arrive at *listener*."""
        listener.setblocking(False)
        self._listener = listener
        self._watch(listener, self._accept)

    def live_with(self, life: socket.socket) -> None:
        """Take the calls that are handed over by way of *life*; end when its other side is gone."""
        self._watch(life, lambda: self._take_over(life))

    def run(self, idle_seconds: float) -> NoReturn:
        """Serve until nobody wanted anything for so long, or nobody can call any more; 0: for ever."""
        self._idle_seconds = idle_seconds
        self._has_rested = not idle_seconds
        self._wanted = self._looked = time.monotonic()
        while True:
            ready = self._selector.select(self._nap())
            self._serve(ready)
            self._end_crowds()
            if self._forks >= _MANY_FORKS and not self._is_collapsed:
                self._is_collapsed = True
                use_huge_pages()  # each fork and each end of one costs a fifth from now on
            if ready or self._judges or self._sandboxes:
                self._wanted = time.monotonic()
            else:
                self._rest()
            self._look_for_itself()
            if self._is_retired and not self._judges:
                os._exit(0)

    def _nap(self) -> float | None:
        """Return how long nothing needs to be done by itself."""
        if self._sandboxes:
            return _LOOK_SECONDS
        if not self._has_rested:
            return _QUIET_SECONDS
        return min(self._idle_seconds, _REST_SECONDS) if self._idle_seconds else None

    def _rest(self) -> None:
        """Use a moment in which nobody wants anything; when there were enough of them, retire."""
        if not self._has_rested:
            use_huge_pages()  # half a second, which pays off for a parent that stays
            self._has_rested = True
        elif self._idle_seconds and time.monotonic() - self._wanted >= self._idle_seconds:
            self._retire()

    def _look_for_itself(self) -> None:
        """Retire where calls no longer arrive: a clean-up, or another server, took the socket's place."""
        now = time.monotonic()
        if self._listener is not None and now - self._looked >= _SELF_SECONDS:
            self._looked = now
            if not self._place.is_own():
                self._retire()

    def _serve(self, ready: list[tuple[selectors.SelectorKey, int]]) -> None:
        for key, _ in ready:
            if self._selector.get_map().get(key.fd) is not key:
                continue
            try:
                key.data()
            except OSError:
                traceback.print_exc()
                with contextlib.suppress(KeyError):
                    self._selector.unregister(key.fileobj)

    def _watch(self, file: Any, serve: Callable[[], Any]) -> None:
        self._selector.register(file, selectors.EVENT_READ, serve)

    # -------- calls

    def _accept(self) -> None:
        assert self._listener is not None
        try:
            connection = self._listener.accept()[0]
        except OSError as error:
            self._refuse_next(error)
        else:
            connection.setblocking(True)
            self._admit(connection)

    def _take_over(self, life: socket.socket) -> None:
        message, fds, _, _ = socket.recv_fds(life, 1, 1)
        if not message:
            os._exit(0)
        for fd in fds:  # none where the system has no room for it: then the other side sees its end
            self._admit(socket.socket(fileno=fd))

    def _admit(self, connection: socket.socket) -> None:
        """Fork a judge for a client of this user that has not hung up."""
        credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
        if _CREDENTIALS.unpack(credentials)[1] != os.getuid() or _has_hung_up(connection):
            connection.close()
            return
        try:
            self._fork_judge(connection)
        except OSError as error:
            _refuse(connection, error)

    def _refuse_next(self, error: OSError) -> None:
        """Refuse a call for which there is no descriptor left, by giving up one."""
        if error.errno not in (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS):
            return  # whoever called is gone
        assert self._listener is not None
        if self._spare < 0:
            time.sleep(_LOOK_SECONDS)
        else:
            os.close(self._spare)
        with contextlib.suppress(OSError):
            _refuse(self._listener.accept()[0], error)
        try:
            self._spare = os.open(os.devnull, os.O_RDONLY)
        except OSError:
            self._spare = -1

    def _retire(self) -> None:
        """Take no more calls, but for those that are waiting already, and end when they are served."""
        listener, self._listener = self._listener, None
        if listener is None:
            return
        self._is_retired = True
        self._place.clear()
        self._selector.unregister(listener)
        with contextlib.suppress(OSError):
            while True:
                connection = listener.accept()[0]
                connection.setblocking(True)
                self._admit(connection)
        listener.close()

    # -------- judges

    def _fork_judge(self, connection: socket.socket) -> None:
        """Fork a judge for *connection*; where that cannot be, nothing of it is left."""
        with contextlib.ExitStack() as opened:
            control, judges_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            opened.enter_context(control)
            hangup = opened.enter_context(select.epoll())
            hangup.register(connection, select.EPOLLRDHUP)  # nothing is read here
            judge = _Judge(connection, control, hangup)
            with judges_end:
                keep = (connection, judges_end)
                judge.pid, judge.handle = self._fork(lambda: self._run_judge(*keep), keep)
            opened.pop_all()
        self._judges[judge.pid] = judge
        self._watch(control, lambda: self._serve_judge(judge))
        self._watch(judge.handle, lambda: self._bury(judge))
        self._watch(hangup, lambda: self._end_judge(judge))

    def _end_judge(self, judge: _Judge) -> None:
        """End a judge whose client has hung up, whatever it is doing."""
        self._selector.unregister(judge.hangup)
        signal.pidfd_send_signal(judge.handle, signal.SIGKILL)

    def _run_judge(self, connection: socket.socket, control: socket.socket) -> int:
        sandboxes = FromParent(control)
        setting = Setting(sandboxes, self._isolation, self._confinement, self._session)
        try:
            judge_connection(connection, setting)
        except Exception:
            traceback.print_exc()  # which goes to the log
            return 1
        return 0

    def _serve_judge(self, judge: _Judge) -> None:
        message, fds, _, _ = socket.recv_fds(judge.control, 4096, 3)
        if not message:
            self._forget(judge.control)
        elif len(fds) == 3:
            rpc, output, status = fds
            self._start_sandbox(json.loads(message), rpc, output, socket.socket(fileno=status))
        else:  # the system has no room for them: the judge sees their ends
            for fd in fds:
                os.close(fd)

    def _bury(self, judge: _Judge) -> None:
        os.waitpid(judge.pid, 0)
        del self._judges[judge.pid]
        self._selector.unregister(judge.handle)
        os.close(judge.handle)
        with contextlib.suppress(KeyError):
            self._selector.unregister(judge.hangup)
        judge.hangup.close()
        judge.connection.close()

    # -------- sandboxes

    def _start_sandbox(self, limits: dict[str, Any], rpc: int, output: int, status: socket.socket) -> None:
        """Fork a sandbox; where that fails, its judge gets an exit code."""
        try:
            pid, handle = self._fork(
                lambda: become_sandbox(rpc, output, limits, self._confinement), keep=(rpc, output)
            )
        except OSError:
            _send_exit_code(status, NOT_STARTED)
            status.close()
            return
        finally:
            os.close(rpc)
            os.close(output)
        self._sandboxes[pid] = handle
        self._watch(handle, lambda: self._report_end(handle, pid, status))
        self._watch(status, lambda: signal.pidfd_send_signal(handle, signal.SIGKILL))

    def _report_end(self, handle: int, pid: int, status: socket.socket) -> None:
        _, code = os.waitpid(pid, 0)
        code = TOO_MANY_THREADS if pid in self._crowded else os.waitstatus_to_exitcode(code)
        del self._sandboxes[pid]
        self._crowded.discard(pid)
        _send_exit_code(status, code)
        self._forget(status)
        self._selector.unregister(handle)
        os.close(handle)

    def _end_crowds(self) -> None:
        """Kill sandboxes with too many threads: no limit of the kernel's counts those of one process."""
        for pid, handle in self._sandboxes.items():
            if pid not in self._crowded and thread_count(pid) > MOST_THREADS:
                self._crowded.add(pid)
                signal.pidfd_send_signal(handle, signal.SIGKILL)

    def _forget(self, sock: socket.socket) -> None:
        self._selector.unregister(sock)
        sock.close()

    # -------- forking

    def _fork(self, run: Callable[[], int], keep: tuple[Any, ...]) -> tuple[int, int]:
        """Run something in a fork, and return its process and a handle on it, or raise OSError."""
        self._forks += 1
        pid = os.fork()
        if pid:
            return pid, _handle_on(pid)
        code = 1
        try:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            die_with_parent()
            self._close_all_but({fd if isinstance(fd, int) else fd.fileno() for fd in keep})
            code = run()
        except SystemExit as error:
            code = error.code if isinstance(error.code, int) else 1
        finally:
            os._exit(code)

    def _close_all_but(self, keep: set[int]) -> None:
        """Close what is watched, and the connections of other clients, who would not see their judge end."""
        watched = {key.fd for key in self._selector.get_map().values()}
        clients = {judge.connection.fileno() for judge in self._judges.values()}
        for fd in (watched | clients) - keep:
            os.close(fd)


@dataclass
class Place:
    """Where a resident parent is called: the path of its socket, and what distinguishes it from others."""

    socket: Path
    identity: str

    def is_own(self) -> bool:
        """Return whether who calls this path calls this parent; a clean-up may have removed it."""
        return places.identity(self.socket) == self.identity

    def clear(self) -> None:
        """Remove socket and log, unless they are another's by now, or somebody is starting another."""
        with contextlib.suppress(OSError), places.locked(self.socket.parent, patiently=False):
            if self.is_own():
                self.socket.unlink()
                places.log_of(self.socket).unlink(missing_ok=True)


def _handle_on(pid: int) -> int:
    """Return a descriptor of a child; one that there is no descriptor for ends at once."""
    try:
        return os.pidfd_open(pid)
    except OSError:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        raise


def _has_hung_up(connection: socket.socket) -> bool:
    try:
        return not connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return False
    except OSError:
        return True


def _refuse(connection: socket.socket, error: OSError) -> None:
    """Say to a client what the system lacks, and hang up."""
    says = f"The checker can start no process or open no file ({(error.strerror or str(error)).lower()})."
    with connection, contextlib.suppress(OSError):
        connection.send(refusal(Refused(says, MAKE_ROOM)), socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)


def _send_exit_code(status: socket.socket, code: int) -> None:
    """Send a judge the exit code of its sandbox."""
    with contextlib.suppress(OSError):  # the judge may be gone
        status.send(json.dumps({"code": code}).encode(), socket.MSG_NOSIGNAL | socket.MSG_DONTWAIT)


def main() -> None:
    """Run as `… LISTENER_FD|-1 LIFE_FD|-1 IDLE_SECONDS SOCKET SOCKET_IDENTITY [LAYER,…]`."""
    listener_fd, life_fd, idle_seconds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    place = Place(Path(sys.argv[4]), sys.argv[5])
    signal.signal(signal.SIGTERM, lambda *_: _leave(place))
    sys.dont_write_bytecode = True
    hide_memory()
    torch.set_num_threads(1)
    warmup.warm_up()
    _wait_for_one_thread()
    parent = Parent(Confinement.build(*(layers.split(",") for layers in sys.argv[6:7])), place)
    if life_fd >= 0:
        parent.live_with(socket.socket(fileno=life_fd))
    if listener_fd >= 0:
        listener = socket.socket(fileno=listener_fd)
        listener.listen(64)  # once more: from now on the socket names this process as its peer
        parent.listen(listener)
    _wait_for_one_thread()
    gc.collect()
    gc.freeze()
    parent.run(idle_seconds)


def _leave(place: Place) -> NoReturn:
    """End at once, as a server that is asked to; judges and sandboxes end with it."""
    if place.identity:
        place.clear()
    os._exit(0)


def _wait_for_one_thread() -> None:
    """Forking beside another thread is not safe; importing torch leaves one behind for a moment."""
    patience = time.monotonic() + 5
    while len(os.listdir("/proc/self/task")) > 1 and time.monotonic() < patience:
        time.sleep(0.001)


if __name__ == "__main__":
    main()
