"""The parent: torch and pytest loaded once, then one fork for every judge and every sandbox.

It never reads a kata or a submission: a connection goes unread to the judge that it forks, and what a
judge asks of it is only "a sandbox, with these limits".
"""

from __future__ import annotations

import contextlib
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
from collections.abc import Callable
from typing import Any, NoReturn

import torch

from ..endings import MOST_THREADS, TOO_MANY_THREADS
from ..run.judgement import Setting
from ..run.session import Session
from ..sandbox.confinement import Confinement, die_with_parent, hide_memory
from ..sandbox.linux import thread_count, use_huge_pages
from ..sandbox.probes import probe
from ..sandbox.process import become_sandbox
from ..sandbox.providers import FromParent
from . import warmup
from .judge import judge_connection

CREDENTIALS = struct.Struct("3i")
_LOOK_SECONDS = 0.05
_QUIET_SECONDS = 1.0


class Parent:
    """Waits for connections, for judges that want sandboxes, and for children that end."""

    def __init__(self, listener: socket.socket, confinement: Confinement) -> None:
        self._listener = listener
        self._confinement = confinement
        self._isolation = probe(confinement)
        self._session = Session()
        self._judges = 0
        self._sandboxes: dict[int, int] = {}
        self._crowded: set[int] = set()
        self._selector = selectors.DefaultSelector()
        self._watch(listener, self._accept)

    def live_with(self, life: socket.socket) -> None:
        """End when the other side of *life* is gone."""
        self._watch(life, lambda: os._exit(0))

    def run(self, idle_seconds: float) -> NoReturn:
        """Serve until nobody wanted anything for so long; 0: for ever."""
        quiet_seconds = _QUIET_SECONDS if idle_seconds else None
        while True:
            patience = _LOOK_SECONDS if self._sandboxes else quiet_seconds or idle_seconds or None
            ready = self._selector.select(patience)
            for key, _ in ready:
                if self._selector.get_map().get(key.fd) is key:
                    key.data()
            self._end_crowds()
            if ready or self._judges or self._sandboxes:
                continue
            if quiet_seconds:
                use_huge_pages()  # half a second, which pays off for a parent that stays
                quiet_seconds = None
            else:
                self._retire()

    def _watch(self, file: Any, serve: Callable[[], Any]) -> None:
        self._selector.register(file, selectors.EVENT_READ, serve)

    # -------- judges

    def _accept(self) -> None:
        connection = self._listener.accept()[0]
        credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, CREDENTIALS.size)
        if CREDENTIALS.unpack(credentials)[1] == os.getuid():
            self._fork_judge(connection)
        else:
            connection.close()

    def _fork_judge(self, connection: socket.socket) -> None:
        control, judges_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        pid = self._fork(lambda: self._run_judge(connection, judges_end), keep=(connection, judges_end))
        judges_end.close()
        self._judges += 1
        self._watch(control, lambda: self._serve_judge(control))
        child = os.pidfd_open(pid)
        hangup = self._on_hangup(connection, child)
        self._watch(child, lambda: self._bury(child, pid, connection, hangup))

    def _on_hangup(self, connection: socket.socket, child: int) -> select.epoll:
        """End a judge as soon as its client hangs up, whatever it is doing; nothing is read here."""
        hangup = select.epoll()
        hangup.register(connection, select.EPOLLRDHUP)
        self._watch(hangup, lambda: self._end_judge(hangup, child))
        return hangup

    def _end_judge(self, hangup: select.epoll, child: int) -> None:
        self._selector.unregister(hangup)
        signal.pidfd_send_signal(child, signal.SIGKILL)

    def _run_judge(self, connection: socket.socket, control: socket.socket) -> int:
        sandboxes = FromParent(control)
        judge_connection(connection, Setting(sandboxes, self._isolation, self._confinement, self._session))
        return 0

    def _serve_judge(self, control: socket.socket) -> None:
        message, fds, _, _ = socket.recv_fds(control, 4096, 3)
        if not message or len(fds) != 3:
            for fd in fds:
                os.close(fd)
            self._forget(control)
            return
        rpc, output, status = fds
        self._fork_sandbox(json.loads(message), rpc, output, socket.socket(fileno=status))

    def _bury(self, child: int, pid: int, connection: socket.socket, hangup: select.epoll) -> None:
        os.waitpid(pid, 0)
        self._judges -= 1
        self._selector.unregister(child)
        os.close(child)
        with contextlib.suppress(KeyError):
            self._selector.unregister(hangup)
        hangup.close()
        connection.close()

    def _retire(self) -> NoReturn:
        """Take no more calls, then end; a client that is just calling starts the next server."""
        with contextlib.suppress(OSError):
            os.unlink(self._listener.getsockname())
        self._selector.unregister(self._listener)
        self._listener.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            self._fork_judge(self._listener.accept()[0])
            self.run(1.0)
        os._exit(0)

    # -------- sandboxes

    def _fork_sandbox(self, limits: dict[str, Any], rpc: int, output: int, status: socket.socket) -> None:
        pid = self._fork(lambda: become_sandbox(rpc, output, limits, self._confinement), keep=(rpc, output))
        os.close(rpc)
        os.close(output)
        child = self._sandboxes[pid] = os.pidfd_open(pid)
        self._watch(child, lambda: self._report_end(child, pid, status))
        self._watch(status, lambda: signal.pidfd_send_signal(child, signal.SIGKILL))

    def _report_end(self, child: int, pid: int, status: socket.socket) -> None:
        _, code = os.waitpid(pid, 0)
        code = TOO_MANY_THREADS if pid in self._crowded else os.waitstatus_to_exitcode(code)
        answer = json.dumps({"code": code}).encode()
        del self._sandboxes[pid]
        self._crowded.discard(pid)
        with contextlib.suppress(OSError):  # the judge may be gone
            status.send(answer, socket.MSG_NOSIGNAL | socket.MSG_DONTWAIT)
        self._forget(status)
        self._selector.unregister(child)
        os.close(child)

    def _end_crowds(self) -> None:
        """Kill sandboxes with too many threads: no limit of the kernel's counts those of one process."""
        for pid, child in self._sandboxes.items():
            if pid not in self._crowded and thread_count(pid) > MOST_THREADS:
                self._crowded.add(pid)
                signal.pidfd_send_signal(child, signal.SIGKILL)

    def _forget(self, sock: socket.socket) -> None:
        self._selector.unregister(sock)
        sock.close()

    # -------- forking

    def _fork(self, run: Callable[[], int], keep: tuple[Any, ...]) -> int:
        pid = os.fork()
        if pid:
            return pid
        code = 1
        try:
            die_with_parent()
            self._close_all_but({fd if isinstance(fd, int) else fd.fileno() for fd in keep})
            code = run()
        except SystemExit as error:
            code = error.code if isinstance(error.code, int) else 1
        finally:
            os._exit(code)

    def _close_all_but(self, keep: set[int]) -> None:
        for key in list(self._selector.get_map().values()):
            if key.fd not in keep:
                os.close(key.fd)


def main() -> None:
    """Run as `python -m ml_katas.judging.processes.parent LISTENER_FD LIFE_FD|-1 IDLE_SECONDS [LAYER,…]`."""
    listener_fd, life_fd, idle_seconds = (int(argument) for argument in sys.argv[1:4])
    listener = socket.socket(fileno=listener_fd)
    listener.listen(64)  # once more: so that the socket tells of this process
    sys.dont_write_bytecode = True
    hide_memory()
    torch.set_num_threads(1)
    warmup.warm_up()
    _wait_for_one_thread()
    parent = Parent(listener, Confinement.build(*(layers.split(",") for layers in sys.argv[4:5])))
    if life_fd >= 0:
        parent.live_with(socket.socket(fileno=life_fd))
    _wait_for_one_thread()
    gc.collect()
    gc.freeze()
    parent.run(idle_seconds)


def _wait_for_one_thread() -> None:
    """Forking beside another thread is not safe; importing torch leaves one behind for a moment."""
    patience = time.monotonic() + 5
    while len(os.listdir("/proc/self/task")) > 1 and time.monotonic() < patience:
        time.sleep(0.001)


if __name__ == "__main__":
    main()
