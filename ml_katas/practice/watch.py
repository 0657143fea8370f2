"""Judging on every save: the newest save always wins, and the run before it is ended."""

from __future__ import annotations

import contextlib
import os
import queue
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from ..errors import MlkataError
from ..judging.cancel import Cancel, Cancelled
from ..judging.client import call_ahead
from ..report import Report
from ..support.records import record
from .check import CheckOutcome, OnVerdict

# How long the watcher waits for further changes before it reports the first, and how often the file is
# looked at, in milliseconds.
_STEP, _DEBOUNCE, _LOOK = 5, 20, 1000


@record
class Saved:
    """The file was written."""


@record
class Gone:
    """The file is not there any more."""


@record
class Verdict:
    """A run has its verdict; a diagnosis may still come."""

    report: Report


@record
class Finished:
    """A run has ended, with everything that belongs to it."""

    checked: CheckOutcome


@record
class Failed:
    """A run could not be made."""

    error: Exception


WatchEvent = Saved | Gone | Verdict | Finished | Failed
RunCheck = Callable[[OnVerdict, Cancel], CheckOutcome]


class Mailbox:
    """Messages from threads, and a file descriptor that is readable while there are some."""

    def __init__(self) -> None:
        self._messages: queue.SimpleQueue[WatchEvent] = queue.SimpleQueue()
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._reader, False)

    def fileno(self) -> int:
        return self._reader

    def put(self, message: WatchEvent) -> None:
        self._messages.put(message)
        os.write(self._writer, b".")

    def take(self) -> Iterator[WatchEvent]:
        """Yield the messages that are there."""
        os.read(self._reader, 4096)
        while not self._messages.empty():
            yield self._messages.get()


class Runs:
    """Runs checks in a thread, one at a time: a new one ends the one before."""

    def __init__(self, check: RunCheck, mailbox: Mailbox) -> None:
        self._check = check
        self._mailbox = mailbox
        self._cancel = Cancel()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Judge the file as it is now."""
        self.stop()
        self._cancel = Cancel()
        self._thread = threading.Thread(target=self._run, args=(self._cancel,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the run that is under way, if there is one."""
        self._cancel()
        if self._thread is not None:
            self._thread.join(5)

    def _run(self, cancel: Cancel) -> None:
        def take(checked: CheckOutcome) -> None:
            if not cancel.asked:
                self._mailbox.put(Verdict(checked.report))

        try:
            checked = self._check(take, cancel)
        except Cancelled:
            return
        except (MlkataError, OSError) as error:
            self._mailbox.put(Failed(error))
            return
        if not cancel.asked:
            self._mailbox.put(Finished(checked))
            call_ahead(checked.kata)


class Saves:
    """Tells the mailbox of every save of one file, also of editors that write through a rename.

    The folder's events come at once; the file is looked at every second too, since some file systems send
    none, and a folder may be replaced by another one.
    """

    def __init__(self, path: Path, mailbox: Mailbox) -> None:
        self._path = path
        self._seen = _seen(path)
        self._is_there = bool(self._seen)
        self._mailbox = mailbox
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Saves:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._thread.join(2)

    def _watch(self) -> None:
        while not self._stop.is_set():
            with contextlib.suppress(Exception):  # of the library's, where a folder cannot be followed
                self._follow()
            self._stop.wait(_LOOK / 1000)
            self._look()

    def _follow(self) -> None:
        """Follow the folder's events until it is another folder."""
        import watchfiles

        folder = _seen(self._path.parent)[:1]
        for changes in watchfiles.watch(
            self._path.parent,
            watch_filter=None,
            step=_STEP,
            debounce=_DEBOUNCE,
            rust_timeout=_LOOK,
            yield_on_timeout=True,
            stop_event=self._stop,
            recursive=False,
        ):
            if any(Path(changed).name == self._path.name for _, changed in changes):
                self._seen = ()
            self._look()
            if _seen(self._path.parent)[:1] != folder:
                return

    def _look(self) -> None:
        """Tell of the file if it is another one than before, or gone."""
        before, self._seen = self._seen, _seen(self._path)
        was_there, self._is_there = self._is_there, bool(self._seen)
        if self._seen and self._seen != before:
            self._mailbox.put(Saved())
        elif was_there and not self._is_there:
            self._mailbox.put(Gone())


def _seen(path: Path) -> tuple[int, ...]:
    """Return what a save changes of a file; nothing where it is missing."""
    try:
        found = path.stat()
    except OSError:
        return ()
    return found.st_ino, found.st_mtime_ns, found.st_size
