"""A stable log-sum-exp: the largest number of each row is taken out before the exponentials.

    log sum_i exp(x_i) = m + log sum_i exp(x_i - m)      m = max_i x_i

Blanchard et al. 2021, section 1.
"""

import torch


def logsumexp(x: torch.Tensor, dim: int | tuple[int, ...], keepdim: bool = False) -> torch.Tensor:
    """Return the logarithm of the sum of exponentials of *x* along one axis, or several."""
    dims = (dim,) if isinstance(dim, int) else tuple(dim)

    # An axis without numbers has no largest one; the sum of nothing is 0, and its logarithm -inf.
    if any(x.shape[axis] == 0 for axis in dims):
        return x.sum(dims, keepdim=keepdim).log()

    # The largest number of each row. It only shifts, so its own gradient would cancel.
    largest = x.detach().amax(dims, keepdim=True)

    # inf - inf is NaN, so an infinite one stays in: exp(-inf) = 0 and exp(inf) = inf are right as they are.
    shift = torch.where(largest.isfinite(), largest, torch.zeros_like(largest))

    total = (x - shift).exp().sum(dims, keepdim=keepdim)
    return total.log() + (shift if keepdim else shift.squeeze(dims))
