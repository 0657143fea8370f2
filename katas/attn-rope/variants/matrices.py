"""A rotation matrix for each position and pair, as equation 14 has it."""

import torch


def apply_rope(x, positions, base=10000.0, interleaved=False):
    pairs = x.shape[-1] // 2
    speeds = torch.tensor([float(base) ** (-2 * i / x.shape[-1]) for i in range(pairs)], dtype=torch.float64)
    angles = positions.double().unsqueeze(-1) * speeds
    rows = [torch.stack((angles.cos(), -angles.sin()), -1), torch.stack((angles.sin(), angles.cos()), -1)]
    matrices = torch.stack(rows, dim=-2)  # (..., T, D/2, 2, 2)
    if positions.dim() == 1:
        matrices = matrices.unsqueeze(0)
    points = x.double().unflatten(-1, (pairs, 2)) if interleaved else x.double().unflatten(-1, (2, pairs)).mT
    points = torch.einsum("btirc,bhtic->bhtir", matrices.expand(len(x), *matrices.shape[1:]), points)
    return (points if interleaved else points.mT).flatten(-2).to(x.dtype)
