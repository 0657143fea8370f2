"""Tensors as plain bytes: what crosses of a tensor, and how it is put together again."""

from __future__ import annotations

import ctypes
from typing import Any, NamedTuple

import torch

from .frames import Corrupted

_NAMES = (
    *("float16", "bfloat16", "float32", "float64", "complex64", "complex128"),
    *("bool", "uint8", "int8", "int16", "int32", "int64"),
)
DTYPES = {name: getattr(torch, name) for name in _NAMES}
DTYPE_NAMES = {dtype: name for name, dtype in DTYPES.items()}
ON_META = "@meta"  # behind a dtype: a tensor on the meta device has no values, and crosses without any
MAX_DIMS = 16
_FEW = 1 << 16


class Unsendable(Exception):
    """A value that cannot cross; the message says why, to whoever made it."""


class Oversized(Unsendable):
    """A value that could cross if it were smaller."""


class TensorState(NamedTuple):
    """Everything of a tensor that the other side may see: equal states are equal tensors, NaN included."""

    dtype: str
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    data: bytes
    requires_grad: bool
    parameter: bool
    grad: TensorState | None


def state_of(tensor: torch.Tensor) -> TensorState:
    """Return the state of *tensor*, or raise Unsendable."""
    grad = tensor.grad if tensor.is_leaf and tensor.requires_grad else None
    return TensorState(
        dtype=dtype_name(tensor),
        shape=tuple(tensor.shape),
        strides=tensor.stride(),
        data=bytes(raw_bytes(tensor)),
        requires_grad=tensor.requires_grad,
        parameter=isinstance(tensor, torch.nn.Parameter),
        grad=None if grad is None else state_of(grad),
    )


def dtype_name(tensor: torch.Tensor) -> str:
    """Return the name of the tensor's dtype, or raise Unsendable where it is not a plain dense tensor."""
    if type(tensor) not in (torch.Tensor, torch.nn.Parameter):
        raise Unsendable(f"a tensor subclass, {type(tensor).__name__}; a plain tensor is needed")
    if torch._C._functorch.is_functorch_wrapped_tensor(tensor):  # a view of many at once, without values
        raise Unsendable(
            "a tensor inside torch.vmap or torch.func; call it with whole tensors, outside of them"
        )
    if tensor.layout is not torch.strided or tensor.is_quantized or tensor.is_nested:
        raise Unsendable("a sparse, quantised or nested tensor; a dense one is needed")
    if tensor.dtype not in DTYPE_NAMES:
        raise Unsendable(f"a tensor of dtype {tensor.dtype}, which does not cross")
    if tensor.dim() > MAX_DIMS:
        raise Unsendable(f"a tensor of {tensor.dim()} dimensions; at most {MAX_DIMS} cross")
    return DTYPE_NAMES[tensor.dtype] + (ON_META if tensor.is_meta else "")


def of_numpy(array: Any) -> torch.Tensor | None:
    """Return a NumPy array or scalar as a tensor of its own, row by row; None where no tensor holds it."""
    try:
        return torch.as_tensor(array.copy())
    except (TypeError, ValueError):
        return None


def raw_bytes(tensor: torch.Tensor) -> Any:
    """Return the values of *tensor* in row-major order, as bytes or, where they are many, a view of them."""
    if tensor.numel() == 0 or tensor.is_meta:
        return b""
    plain = tensor.detach().resolve_conj().resolve_neg().cpu().contiguous()
    if plain.nbytes <= _FEW:
        return ctypes.string_at(plain.data_ptr(), plain.nbytes)
    return plain.reshape(-1).view(torch.uint8).numpy().data


def read_tensor(meta: Any, payload: bytearray) -> torch.Tensor:
    """Return the tensor that *meta* describes, in memory of its own and no view, or raise Corrupted."""
    dtype, shape, count = checked_kind(meta)
    if is_on_meta(meta):
        return torch.empty(shape, dtype=dtype, device="meta")
    start, size = meta.get("o"), meta.get("n")
    if type(start) is not int or type(size) is not int or not 0 <= start <= start + size <= len(payload):
        raise Corrupted("a tensor outside its frame")
    if size != count * dtype.itemsize:
        raise Corrupted("a tensor whose shape and bytes disagree")
    if size == 0:
        return torch.empty(shape, dtype=dtype)
    raw = torch.frombuffer(payload, dtype=torch.uint8, count=size, offset=start)
    if dtype is torch.bool:
        return raw.reshape(shape) != 0  # the bytes of a bool may be any
    tensor = torch.empty(shape, dtype=dtype)
    ctypes.memmove(tensor.data_ptr(), raw.data_ptr(), size)
    return tensor


def checked_kind(meta: Any) -> tuple[torch.dtype, list[int], int]:
    """Return dtype, shape and number of elements that *meta* describes, or raise Corrupted."""
    dtype, shape = DTYPES.get(_text(meta.get("d")).removesuffix(ON_META)), meta.get("s")
    if dtype is None or type(shape) is not list or len(shape) > MAX_DIMS:
        raise Corrupted("a tensor of an unknown kind")
    count = 1
    for length in shape:
        if type(length) is not int or not 0 <= length < 1 << 40:
            raise Corrupted("a tensor with an impossible shape")
        count *= length
    return dtype, shape, count


def is_on_meta(meta: Any) -> bool:
    """Return whether *meta* describes a tensor on the meta device."""
    return _text(meta.get("d")).endswith(ON_META)


def hollow_leaf(meta: Any) -> torch.Tensor:
    """Return a leaf of the shape and dtype that *meta* describes, without memory for its values."""
    dtype, shape, _ = checked_kind(meta)
    if not (dtype.is_floating_point or dtype.is_complex):
        raise Corrupted("a leaf of a dtype that has no gradients")
    values = torch.zeros((), dtype=dtype, device="meta" if is_on_meta(meta) else None).expand(shape)
    return torch.nn.Parameter(values) if meta.get("p") is True else values.detach().requires_grad_()


def _text(value: Any) -> str:
    return value if type(value) is str else ""


def with_strides(tensor: torch.Tensor, strides: list[int]) -> torch.Tensor:
    """Return a copy of *tensor* laid out with *strides*; a stride of 0 comes from expand."""
    shape = tensor.shape
    if list(tensor.stride()) == strides or tensor.is_meta:
        return tensor
    kept = tensor
    for dim, stride in enumerate(strides):
        if stride == 0 and shape[dim] > 1:
            kept = kept.narrow(dim, 0, 1)
    own = [stride if length > 1 else 1 for length, stride in zip(kept.shape, strides, strict=True)]
    if _overlaps(list(kept.shape), own):
        return tensor
    laid_out = torch.empty_strided(list(kept.shape), own, dtype=tensor.dtype).copy_(kept)
    return laid_out if kept.shape == shape else laid_out.expand(shape)


def _overlaps(shape: list[int], strides: list[int]) -> bool:
    reach = 1
    for stride, length in sorted(zip(strides, shape, strict=True)):
        if length > 1:
            if stride < reach:
                return True
            reach = stride * length
    return False
