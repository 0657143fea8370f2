"""Cosines and sines for all D numbers, and a copy of x with each number's partner in its place."""

import math

import torch


def apply_rope(x, positions, base=10000.0, interleaved=False):
    width = x.shape[-1]
    wide = x if x.dtype == torch.float64 else x.float()
    speeds = torch.exp(torch.arange(0, width, 2, dtype=wide.dtype) * (-math.log(base) / width))
    angles = torch.einsum("...t,i->...ti", positions.to(wide.dtype), speeds)
    angles = angles.repeat_interleave(2, dim=-1) if interleaved else torch.cat((angles, angles), dim=-1)
    angles = angles.unsqueeze(-3)  # (1, T, D) or (B, 1, T, D)
    place = torch.arange(width)
    partner = place ^ 1 if interleaved else (place + width // 2) % width
    sign = torch.where(partner > place, -1.0, 1.0).to(wide.dtype)
    return (wide * angles.cos() + sign * wide[..., partner] * angles.sin()).to(x.dtype)
