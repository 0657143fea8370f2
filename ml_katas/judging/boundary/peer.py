"""One end of the conversation: requests to the other side, and serving the other side's.

One request is outstanding in each direction; while this side waits for an answer it serves what the other
side asks in between (a callback, a backward pass). Every message also carries what keeps both sides equal:
shared objects that are new, changed or no longer held.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch

from .autograd import Boundary, Node, NodeRef
from .codec import BadValue, Fields
from .decoding import Decoder, malformed
from .encoding import Encoder
from .exceptions import RemoteError, decode_exception, encode_exception
from .frames import (
    Closed,
    Corrupted,
    Endpoint,
    TimedOut,
    TooLarge,
    pack,
)
from .shared import SharedObjects
from .tensors import Oversized, Unsendable


class Peer:
    """What judge and sandbox have in common. Subclasses say what may be exported, resolved and served."""

    trusting = False
    file_name = ""  # whose frames an exception of this side shows
    serves: frozenset[str] = frozenset()

    def __init__(self, channel: Endpoint, *, first_shared: int) -> None:
        self.channel = channel
        self.shared = SharedObjects(first_shared)
        self.nodes: dict[int, Node] = {}
        self._node_count = 0
        self._request_count = 0
        self._forgotten: list[int] = []

    # -------- asking

    def ask(self, op: str, values: dict[str, Any], *, sharing: bool = False, **plain: Any) -> Any:
        """Send a request, serve the other side until it answers, and return the answer's value.

        With *sharing* every mutable object among the values is shared.
        """
        return self.wait(self.post(op, values, sharing=sharing, **plain))

    def post(self, op: str, values: dict[str, Any], *, sharing: bool = False, **plain: Any) -> int:
        """Send a request and return its number."""
        self._request_count += 1
        number = self._request_count
        header = {"q": number, "op": op, "grad": torch.is_grad_enabled(), **plain}
        self._send(header, "a", tuple(values.items()), sharing=sharing)
        return number

    def wait(self, number: int) -> Any:
        """Serve the other side until it answers this request, and return the answer's value."""
        while True:
            header, payload = self.channel.receive()
            if "op" in header:
                self.serve(header, payload)
            elif header.get("r") == number:
                return self._answer(header, payload)
            else:
                raise Corrupted("an answer that nobody asked for")

    def _answer(self, header: dict[str, Any], payload: bytearray) -> Any:
        decoder, value = self._read(header, payload, "v")
        if "x" in header:
            raise self.adopt_exception(decode_exception(header["x"]))
        node = header.get("node")
        return value if node is None else self._join(value, decoder, node)

    def adopt_exception(self, error: RemoteError) -> BaseException:
        """Return what is raised here for an exception of the other side."""
        return error

    def _join(self, value: Any, decoder: Decoder, node: Any) -> Any:
        """Return *value* with its outputs joined to this side's graph."""
        if type(node) is not list or len(node) != 2 or type(node[0]) is not int or type(node[1]) is not list:
            raise Corrupted("a malformed graph node")
        ref = self._ref(node[0])
        inputs: list[Any] = [decoder.shared_object(number).obj for number in node[1]]
        if not all(isinstance(i, torch.Tensor) for i in inputs):
            raise Corrupted("a graph whose leaf is not a tensor")
        order = sorted(decoder.outputs)
        if order != list(range(len(order))):
            raise Corrupted("a graph whose outputs are not in order")
        if not order or not torch.is_grad_enabled() or not any(i.requires_grad for i in inputs):
            return value
        fresh = [decoder.outputs[n] for n in order]
        outputs = Boundary.apply(ref, fresh, *inputs)  # type: ignore[no-untyped-call]
        # Each with a node of its own, so that hooks and changes in place find what they find anywhere.
        joined = [output.clone() for output in outputs]
        return _replace(value, {id(old): new for old, new in zip(fresh, joined, strict=True)})

    def _ref(self, number: int) -> NodeRef:
        return NodeRef(number, self._ask_gradients, self._forgotten.append)

    def _ask_gradients(self, op: str, ref: NodeRef, grads: Any, inputs: Sequence[torch.Tensor]) -> Any:
        """Ask the side that keeps the graph for gradients that fit the *inputs* they are of."""
        with torch.no_grad():
            answer = self.ask(
                op, {"grads": [None if g is None else g.detach() for g in grads]}, node=ref.number
            )
        if op == "backward":
            return _gradients(answer, inputs)
        if type(answer) is not tuple or len(answer) != 2 or type(answer[1]) is not int:
            raise Corrupted("a malformed second derivative")
        return _gradients(answer[0], inputs), self._ref(answer[1])

    # -------- serving

    def serve(self, header: dict[str, Any], payload: bytearray) -> None:
        """Answer one request of the other side."""
        number, op = header.get("q"), header.get("op")
        if type(number) is not int or type(op) is not str or op not in self.serves:
            raise Corrupted(f"a request that is not served: {str(op)[:40]!r}")
        try:
            arguments = _arguments(self._read(header, payload, "a")[1])
            track = header.get("grad") is True
            with torch.set_grad_enabled(track):
                result, sharing = self.perform(op, header, arguments)
            self._reply(number, result, track=track, sharing=sharing)
        except (Closed, Corrupted, TimedOut):
            raise
        except BaseException as error:
            self.failed(number, error)

    def failed(self, number: int, error: BaseException) -> None:
        """Answer a request that ended in an exception."""
        self.send_raw({"r": number, "x": encode_exception(error, self.file_name)})

    def perform(self, op: str, header: dict[str, Any], arguments: dict[str, Any]) -> tuple[Any, bool]:
        """Do what the other side asks; return the result and whether its parts are to be shared."""
        if op == "backward":
            return _detached(self._node(header).backward(arguments["grads"])), False
        if op == "backward_again":
            found, again = self._node(header).backward_again(arguments["grads"])
            return (_detached(found), self.keep(again)), False
        raise Corrupted(f"an unknown request {op!r}")

    def _node(self, header: dict[str, Any]) -> Node:
        node = self.nodes.get(header.get("node"))  # type: ignore[arg-type]
        if node is None:
            raise Corrupted("a graph node that is not kept")
        return node

    def keep(self, node: Node) -> int:
        """Keep a graph until the other side forgets it; return its number."""
        self._node_count += 1
        self.nodes[self._node_count] = node
        return self._node_count

    def _reply(self, number: int, result: Any, *, track: bool, sharing: bool) -> None:
        def node_of(encoder: Encoder) -> dict[str, Any]:
            if not track or not encoder.outputs:
                return {}
            node = Node.of(encoder.outputs)
            return {"node": [self.keep(node), [encoder.share_leaf(leaf).id for leaf in node.inputs]]}

        self._send({"r": number}, "v", result, sharing=sharing, finish=node_of)

    # -------- messages

    def _send(
        self,
        header: dict[str, Any],
        key: str,
        value: Any,
        *,
        sharing: bool = False,
        finish: Callable[[Encoder], dict[str, Any]] | None = None,
    ) -> None:
        encoder = Encoder(self, sharing=sharing, results=key == "v")
        header[key] = encoder.value(value)
        header |= finish(encoder) if finish else {}
        self.send_raw(header, encoder)

    def send_raw(self, header: dict[str, Any], encoder: Encoder | None = None) -> None:
        """Send a message with what keeps shared objects equal, or raise Unsendable if it is too large."""
        encoder = encoder or Encoder(self, sharing=False, results=True)
        # Changes before announcements, as what changed may hold what is new; either may fill hollow leaves.
        header["set"] = encoder.changes()
        header["new"] = encoder.announcements()
        header["set"] += encoder.fillings()
        header["drop"] = self.shared.unheld({number for number, *_ in header["set"] + header["new"]})
        self.shared.drop(header["drop"])
        header["forget"] = [self._forgotten.pop() for _ in range(len(self._forgotten))]
        header |= self.enclosed()
        try:
            self.channel.send(
                pack({k: v for k, v in header.items() if v != [] or k == "v"}), encoder.segments
            )
        except TooLarge as error:
            raise Oversized(str(error)) from None

    def enclosed(self) -> dict[str, Any]:
        """Return what else this side's next message carries."""
        return {}

    def _read(self, header: dict[str, Any], payload: bytearray, key: str) -> tuple[Decoder, Any]:
        """Take over a message; return its decoder and the value under *key*."""
        try:
            decoder = self._open(header, payload)
            return decoder, decoder.value(header.get(key))
        except (Corrupted, BadValue):
            raise
        except Exception as error:
            if self.trusting:
                raise
            raise malformed("message", error) from None

    def _open(self, header: dict[str, Any], payload: bytearray) -> Decoder:
        """Take over what a message says of shared objects and graphs; return the decoder of its values."""
        decoder = Decoder(self, payload)
        self.shared.drop(_list(header, "drop"))
        for number in _list(header, "forget"):
            self.nodes.pop(number, None)
        self.opened(header)
        # New objects before changes, whose contents refer to them.
        decoder.adopt(_list(header, "new"))
        decoder.update(_list(header, "set"))
        return decoder

    def opened(self, header: dict[str, Any]) -> None:
        """Take over what a message encloses."""

    # -------- what subclasses decide

    def export(self, obj: object) -> Any:
        raise Unsendable(f"a {type(obj).__name__}")

    def resolve(self, tag: str, node: dict[str, Any]) -> Any:
        raise Corrupted(f"a value with the unknown tag {tag[:20]!r}")

    def module_shell(self, node: dict[str, Any]) -> torch.nn.Module:
        raise Corrupted("a module where none is expected")

    def describe_module(self, module: torch.nn.Module) -> dict[str, Any]:
        raise BadValue("a module")


def _list(header: dict[str, Any], key: str) -> list[Any]:
    value = header.get(key, [])
    if type(value) is not list:
        raise Corrupted(f"a message whose {key!r} is not a list")
    return [item for item in value if type(item) is int] if key in ("drop", "forget") else value


def _arguments(pairs: Any) -> dict[str, Any]:
    if type(pairs) is not tuple or not all(
        type(p) is tuple and len(p) == 2 and type(p[0]) is str for p in pairs
    ):
        raise Corrupted("a request whose arguments have no names")
    return dict(pairs)


def _detached(grads: list[torch.Tensor | None]) -> list[torch.Tensor | None]:
    return [None if grad is None else grad.detach() for grad in grads]


def _gradients(answer: Any, inputs: Sequence[torch.Tensor]) -> list[torch.Tensor | None]:
    if type(answer) is not list or len(answer) != len(inputs):
        raise Corrupted("gradients of another number than their tensors")
    for grad, tensor in zip(answer, inputs, strict=True):
        if grad is None:
            continue
        if not isinstance(grad, torch.Tensor) or (grad.shape, grad.dtype) != (tensor.shape, tensor.dtype):
            raise Corrupted("a gradient whose shape or dtype is not its tensor's")
    return answer


def _replace(value: Any, new: dict[int, torch.Tensor]) -> Any:
    """Return *value* with tensors replaced; what holds none of them stays the object that it is."""
    if isinstance(value, torch.Tensor):
        return new.get(id(value), value)
    if type(value) is Fields:
        vars(value).update({key: _replace(item, new) for key, item in vars(value).items()})
    if type(value) is dict:
        items = {key: _replace(item, new) for key, item in value.items()}
        return items if any(items[key] is not value[key] for key in value) else value
    if type(value) is list or (isinstance(value, tuple) and not isinstance(value, torch.Size)):
        parts = [_replace(item, new) for item in value]
        if all(part is item for part, item in zip(parts, value, strict=True)):
            return value
        if type(value) is list:
            return parts
        record: Any = type(value)
        made: tuple[Any, ...] = tuple.__new__(record, parts)
        return made
    return value
