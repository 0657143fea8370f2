"""A convolution in two dimensions, one place of the window at a time.

    y[n, o, i, j] = b[o] + sum_cuv w[o, c, u, v] x[n, c, i s + u d, j s' + v d']

Not flipped, as in every library for learning. N, C, H, W: pictures, channels, height, width; O outputs.
"""

import torch
from torch.nn import functional


def conv2d(
    x: torch.Tensor,
    w: torch.Tensor,
    b: torch.Tensor | None = None,
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] = 0,
    dilation: int | tuple[int, int] = 1,
    groups: int = 1,
) -> torch.Tensor:
    """Return x (N, C, H, W) under the windows w (O, C / groups, K, K'): (N, O, H_out, W_out)."""
    (sh, sw), (ph, pw), (dh, dw) = _pair(stride), _pair(padding), _pair(dilation)
    x = functional.pad(x, (pw, pw, ph, ph))  # the last axis comes first
    height = (x.shape[2] - dh * (w.shape[2] - 1) - 1) // sh + 1
    width = (x.shape[3] - dw * (w.shape[3] - 1) - 1) // sw + 1
    by_group = x.unflatten(1, (groups, -1))  # (N, G, C', H, W)
    weights = w.unflatten(0, (groups, -1))  # (G, O', C', K, K')

    y = 0
    for u in range(w.shape[2]):
        for v in range(w.shape[3]):
            seen = by_group[:, :, :, u * dh :: sh, v * dw :: sw][:, :, :, :height, :width]
            y = y + torch.einsum("ngchw,goc->ngohw", seen, weights[:, :, :, u, v])
    y = y.flatten(1, 2)
    return y if b is None else y + b.reshape(-1, 1, 1)


def _pair(setting: int | tuple[int, int]) -> tuple[int, int]:
    return (setting, setting) if isinstance(setting, int) else setting
