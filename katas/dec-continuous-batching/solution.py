"""Continuous batching: who is done leaves after every token, and who waits takes the place.

Yu et al. 2022, section 3, iteration-level scheduling.
"""

from collections import deque
from collections.abc import Callable
from typing import Any


def serve(
    requests: list[dict[str, Any]],
    model_next: Callable[[list[list[int]]], list[int]],
    max_batch: int,
) -> list[list[int]]:
    """Return what the model writes for each request, with at most max_batch in a call."""
    written: list[list[int]] = [[] for _ in requests]
    waiting = deque(i for i, request in enumerate(requests) if request["max_tokens"] > 0)
    running: list[int] = []
    while waiting or running:
        while waiting and len(running) < max_batch:
            running.append(waiting.popleft())
        tokens = model_next([requests[i]["prompt"] + written[i] for i in running])
        for i, token in zip(running, tokens, strict=True):
            written[i].append(token)
        running = [i for i in running if not _is_done(requests[i], written[i])]
    return written


def _is_done(request: dict[str, Any], written: list[int]) -> bool:
    stop = request["stop"]
    stopped = bool(stop) and written[-len(stop) :] == stop
    return stopped or len(written) == request["max_tokens"]
