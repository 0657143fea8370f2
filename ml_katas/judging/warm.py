"""First uses of torch, made once in the parent with one thread, so that children find them done."""

from __future__ import annotations

import torch

from .graph import Boundary


def warm_up() -> None:
    """Run a little of everything that suites and submissions commonly use."""
    with torch.random.fork_rng(devices=[]):
        _warm_tensors()
        _warm_training()


def _warm_tensors() -> None:
    x = torch.randn(8, 8, requires_grad=True)
    y = torch.nn.functional.layer_norm(torch.nn.Linear(8, 8)(x @ x).softmax(-1), (8,))
    y.topk(2).values.sum().backward()  # type: ignore[no-untyped-call]
    for dtype in (torch.float64, torch.bfloat16, torch.float16):
        torch.einsum("ij,jk->ik", x.detach().to(dtype), x.detach().to(dtype)).exp().sum()
    Boundary.apply(None, [x.detach().clone()], x)  # type: ignore[no-untyped-call]


def _warm_training() -> None:
    parameter = torch.nn.Parameter(torch.randn(3))
    for kind in (torch.optim.SGD, torch.optim.AdamW):
        optimizer = kind([parameter], lr=0.1)
        parameter.sum().backward()  # type: ignore[no-untyped-call]
        optimizer.step()
