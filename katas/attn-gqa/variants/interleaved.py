import torch


def gqa(q, k, v, mask=None):
    per_group, rest = divmod(q.size(1), k.size(1))
    if rest or not per_group:
        raise ValueError("heads do not divide")
    k = k.repeat_interleave(per_group, dim=1)
    v = v.repeat_interleave(per_group, dim=1)
    scores = torch.einsum("bhld,bhsd->bhls", q * q.size(-1) ** -0.5, k)
    if mask is not None:
        scores = torch.where(mask, scores, scores.new_tensor(-1e30))
    return torch.einsum("bhls,bhsd->bhld", scores.softmax(-1), v)
