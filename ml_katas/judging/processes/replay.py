"""The failing calls once more, in the learner's own terminal: what the judge sent is played back to the file.

Nothing is confined here and nothing is judged: the learner's code runs as if they had called it themselves,
so that prints, `breakpoint()` and a debugger work.
"""

from __future__ import annotations

import argparse
import json
import os
import pdb
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from textwrap import indent
from typing import Any

import torch
from torch._tensor_str import printoptions

from ...comparison.wording import brief, call_text
from ..boundary.frames import LENGTHS, Closed, Corrupted
from ..boundary.learner_side import LearnerPeer

_MOST_NUMBERS, _WIDTH = 30, 60


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
        args, kwargs = arguments["args"], dict(arguments["kwargs"])
        name = getattr(arguments["target"], "__name__", "object")
        print(f"\n▸ call {self._calls}: {call_text(name, args, kwargs)}", flush=True)
        _print_tensors({**{f"argument {n}": value for n, value in enumerate(args, 1)}, **kwargs})
        result = super().perform(op, header, arguments)
        print(f"  → {brief(result[0])}", flush=True)
        _print_tensors({"returned": result[0]})
        return result

    def failed(self, number: int, error: BaseException) -> None:
        print(f"  ✗ {type(error).__name__}: {error}", flush=True)
        traceback.print_tb(_in_file(error, self._file))
        if self._debug and error.__traceback__ is not None:
            pdb.post_mortem(_in_file(error, self._file) or error.__traceback__)
        super().failed(number, error)


def _print_tensors(named: Mapping[str, object]) -> None:
    """Print the numbers of each tensor under its name; of many numbers, as torch does it, the outer ones."""
    for name, value in named.items():
        if isinstance(value, torch.Tensor):
            lead = f"    {name} = "
            print(indent(_numbers(value), " " * len(lead)).replace(" " * len(lead), lead, 1), flush=True)
        elif isinstance(value, tuple | list):
            _print_tensors({f"{name}[{n}]": part for n, part in enumerate(value)})


def _numbers(tensor: torch.Tensor) -> str:
    with printoptions(
        precision=4, threshold=_MOST_NUMBERS, edgeitems=2 if tensor.ndim < 3 else 1, linewidth=_WIDTH
    ):
        return str(tensor.detach())


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
    except BrokenPipeError:  # whoever read this has gone: `mlkata replay | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except Corrupted as error:
        sys.exit(f"The recording no longer fits the file ({error}); run `mlkata replay` again.")


if __name__ == "__main__":
    main()
