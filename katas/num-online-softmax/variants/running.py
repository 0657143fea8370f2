import torch


def merge_stats(m1, l1, m2, l2):
    m = torch.where(m1 > m2, m1, m2)
    zero = torch.zeros_like(m)
    first = torch.where(l1 > 0, l1 * (m1 - torch.where(l1 > 0, m, zero)).exp(), zero)
    second = torch.where(l2 > 0, l2 * (m2 - torch.where(l2 > 0, m, zero)).exp(), zero)
    return m, first + second


def online_stats(blocks):
    m = s = None
    for block in blocks:
        if m is None:
            m = block.new_full(block.shape[:-1], -torch.inf)
            s = block.new_zeros(block.shape[:-1])
        for logit in block.unbind(-1):
            m, s = merge_stats(m, s, logit, (logit > -torch.inf).to(s))
    return m, s
