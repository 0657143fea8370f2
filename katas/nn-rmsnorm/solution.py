"""RMSNorm: each vector is divided by its root mean square.

    y_i = x_i / RMS(x) * w_i      RMS(x) = sqrt(mean of x_j^2 + eps)

Zhang and Sennrich 2019, equation 4, with the eps of all implementations. D is the width of the vectors.
"""

import torch


def rms_norm(x: torch.Tensor, weight: torch.Tensor, eps: float = 1e-6) -> torch.Tensor:
    """Return the normalised vectors, of the shape (..., D) and the dtype of x."""
    # Squares overflow in float16 and are coarse in bfloat16, so work in float32 at least.
    wide = x.to(torch.promote_types(x.dtype, torch.float32))

    # One number for each vector; eps stands beside the mean, under the root.
    mean_square = wide.square().mean(dim=-1, keepdim=True)  # (..., 1)
    scaled = wide * torch.rsqrt(mean_square + eps)  # (..., D)
    return (scaled * weight).to(x.dtype)
