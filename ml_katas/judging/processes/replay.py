"""The failing calls once more, in the learner's own terminal: what the judge sent is played back to the file.

Nothing is confined here and nothing is judged: the learner's code runs as if they had called it themselves,
so that prints, `breakpoint()` and a debugger work.
"""

from __future__ import annotations

import argparse
import json
import pdb
import sys
import traceback
from pathlib import Path
from typing import Any

import torch

from ...comparison.wording import kind_of, shown
from ..boundary.frames import LENGTHS, Closed, Corrupted
from ..boundary.learner_side import LearnerPeer


class Script:
    """A channel whose other side was recorded: it gives the frames in order and sends nothing."""

    def __init__(self, recording: bytes) -> None:
        self._recording = recording
        self._at = 0

    def send(self, header: bytes, segments: Any = ()) -> None:
        """Nobody listens."""

    def receive(self) -> tuple[dict[str, Any], bytearray]:
        """Return the next frame, or raise Closed at the end."""
        if self._at >= len(self._recording):
            raise Closed
        header_size, payload_size = LENGTHS.unpack_from(self._recording, self._at)
        start = self._at + LENGTHS.size
        self._at = start + header_size + payload_size
        header: dict[str, Any] = json.loads(self._recording[start : start + header_size])
        return header, bytearray(self._recording[start + header_size : self._at])


class ReplayPeer(LearnerPeer):
    """The learner's side, saying what is called and what comes of it."""

    def __init__(self, recording: bytes, source: bytes, file_name: str, *, debug: bool) -> None:
        super().__init__(Script(recording))
        self._source = source
        self._file = file_name
        self._debug = debug
        self._calls = 0

    def perform(self, op: str, header: dict[str, Any], arguments: dict[str, Any]) -> tuple[Any, bool]:
        if op == "scan":
            return (), False
        if op == "load":
            source = torch.frombuffer(bytearray(self._source), dtype=torch.uint8)
            return self._load(source, self._file, arguments["entry_points"]), False
        if op != "do" or arguments["operation"] != "call":
            return super().perform(op, header, arguments)
        self._calls += 1
        print(f"\n▸ call {self._calls}: {_called(arguments)}", flush=True)
        result = super().perform(op, header, arguments)
        print(f"  → {_described(result[0])}", flush=True)
        return result

    def failed(self, number: int, error: BaseException) -> None:
        print(f"  ✗ {type(error).__name__}: {error}", flush=True)
        traceback.print_tb(_in_file(error, self._file))
        if self._debug and error.__traceback__ is not None:
            pdb.post_mortem(_in_file(error, self._file) or error.__traceback__)
        super().failed(number, error)


def _called(arguments: dict[str, Any]) -> str:
    values = [_described(value) for value in arguments["args"]]
    values += [f"{name}={_described(value)}" for name, value in arguments["kwargs"]]
    return f"{getattr(arguments['target'], '__name__', 'object')}({', '.join(values)})"


def _described(value: Any) -> str:
    if isinstance(value, torch.Tensor):
        return kind_of(value).removeprefix("a ")
    if isinstance(value, tuple):
        return f"({', '.join(_described(part) for part in value)})"
    return "a function" if callable(value) and not isinstance(value, torch.nn.Module) else shown(value)


def _in_file(error: BaseException, file_name: str) -> Any:
    """Return the traceback from the first line of the learner's file on."""
    tb = error.__traceback__
    while tb is not None and tb.tb_frame.f_code.co_filename != file_name:
        tb = tb.tb_next
    return tb


def main() -> None:
    """Run as `python -m ml_katas.judging.processes.replay RECORDING FILE [--pdb]`."""
    options = argparse.ArgumentParser()
    options.add_argument("recording", type=Path)
    options.add_argument("file", type=Path)
    options.add_argument("--pdb", action="store_true")
    chosen = options.parse_args()
    recording, source = chosen.recording.read_bytes(), chosen.file.read_bytes()
    peer = ReplayPeer(recording, source, str(chosen.file), debug=chosen.pdb)
    try:
        peer.serve_forever()
    except Closed:
        return
    except Corrupted as error:
        sys.exit(f"The recording no longer fits the file ({error}); run `mlkata replay` again.")


if __name__ == "__main__":
    main()
