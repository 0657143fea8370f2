"""The RMS is the length of the vector over the root of D; the weight comes in the dtype of x, as in Llama."""

import torch


def rms_norm(x, weight, eps=1e-6):
    wide = x if x.dtype == torch.float64 else x.float()
    length = torch.linalg.vector_norm(wide, dim=-1, keepdim=True)  # (..., 1)
    rms = (length**2 / x.shape[-1] + eps) ** 0.5
    return (wide / rms).to(x.dtype) * weight.to(x.dtype)
