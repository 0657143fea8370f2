import math

import torch


def flash_attention(q, k, v, block=64, causal=False):
    b, h, length, d = q.shape
    s = k.shape[2]
    out = q.new_zeros(b, h, length, v.shape[3])
    pieces = []
    for i, rows in enumerate(q.split(block, dim=2)):
        state = None
        places = torch.arange(i * block, i * block + rows.shape[2]) + s - length
        for j, (keys, values) in enumerate(zip(k.split(block, 2), v.split(block, 2), strict=True)):
            logits = torch.einsum("bhld,bhsd->bhls", rows, keys) / math.sqrt(d)
            if causal:
                seen = torch.arange(j * block, j * block + keys.shape[2])[None] <= places[:, None]
                logits = torch.where(seen, logits, torch.finfo(q.dtype).min)
            else:
                seen = torch.ones((), dtype=torch.bool)
            top = logits.amax(-1)
            powers = torch.exp(logits - top[..., None]) * seen
            new = top, powers.sum(-1), powers @ values
            state = new if state is None else merged(state, new)
        pieces.append(state[2] / torch.where(state[1] > 0, state[1], 1)[..., None])
    return out + torch.cat(pieces, 2)


def merged(one, two):
    top = torch.maximum(one[0], two[0])
    first, second = torch.exp(one[0] - top), torch.exp(two[0] - top)
    return (
        top,
        one[1] * first + two[1] * second,
        one[2] * first[..., None] + two[2] * second[..., None],
    )
