"""The contrastive loss of CLIP: each picture finds its text in the batch, and each text its picture.

    z_ij = exp(s) cos(a_i, b_j)      L = mean_i (lse_j z_ij + lse_j z_ji - 2 z_ii) / 2

Radford et al. 2021, figure 3. B is the number of pairs, D the width of the embeddings.
"""

import torch


def clip_loss(img: torch.Tensor, txt: torch.Tensor, log_scale: torch.Tensor) -> torch.Tensor:
    """Return the loss of the pairs img (B, D) and txt (B, D)."""
    img = img / torch.linalg.vector_norm(img, dim=1, keepdim=True)
    txt = txt / torch.linalg.vector_norm(txt, dim=1, keepdim=True)
    logits = log_scale.exp() * img @ txt.T  # (B, B)

    # Right answers stand on the diagonal, for rows as for columns.
    pictures = torch.logsumexp(logits, dim=1) - logits.diagonal()
    texts = torch.logsumexp(logits, dim=0) - logits.diagonal()
    return (pictures + texts).mean() / 2
