"""Layer normalisation: the numbers of one example are brought to mean 0 and variance 1.

    y = (x - mean) / sqrt(variance + eps) * w + b

Ba et al. 2016, equation 3, with the eps of PyTorch. Mean and variance are those of the last axes, as many as
normalized_shape has.
"""

import torch


def layer_norm(
    x: torch.Tensor,
    normalized_shape: tuple[int, ...],
    weight: torch.Tensor | None,
    bias: torch.Tensor | None,
    eps: float = 1e-5,
) -> torch.Tensor:
    """Return the normalised numbers, of the shape and dtype of x."""
    axes = tuple(range(-len(normalized_shape), 0))  # the last ones: (-2, -1) for two sizes

    # Squares overflow in float16, so work in float32 at least.
    wide = x.to(torch.promote_types(x.dtype, torch.float32))

    # The mean goes first: a difference of large squares would lose all digits.
    centred = wide - wide.mean(dim=axes, keepdim=True)
    variance = centred.square().mean(dim=axes, keepdim=True)  # divided by N, not N - 1

    y = centred * torch.rsqrt(variance + eps)
    if weight is not None:
        y = y * weight
    if bias is not None:
        y = y + bias
    return y.to(x.dtype)
