"""A pair is a complex number, and turning it is a multiplication with one of length 1."""

import torch


def apply_rope(x, positions, base=10000.0, interleaved=False):
    batch, heads, tokens, width = x.shape
    speeds = 1.0 / base ** (torch.arange(0, width, 2).double() / width)
    angles = positions.expand(batch, tokens).double()[:, None, :, None] * speeds  # (B, 1, T, D/2)
    turns = torch.polar(torch.ones_like(angles), angles)
    shape = (batch, heads, tokens, width // 2, 2) if interleaved else (batch, heads, tokens, 2, width // 2)
    axis = -1 if interleaved else -2
    points = torch.complex(*x.double().reshape(shape).unbind(axis)) * turns
    return torch.stack((points.real, points.imag), dim=axis).reshape(x.shape).to(x.dtype)
