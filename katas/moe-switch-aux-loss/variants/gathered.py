import torch


def load_balancing_loss(logits, idx, mask=None):
    if mask is not None:
        keep = mask.nonzero().squeeze(1)
        logits, idx = logits.index_select(0, keep), idx.index_select(0, keep)
    if logits.dtype != torch.float64:
        logits = logits.to(torch.float32)
    if len(logits) == 0:
        return logits.sum()
    mean = torch.exp(logits - logits.logsumexp(dim=-1, keepdim=True)).mean(dim=0)
    # sum_i f_i P_i is the mean of P over all choices
    return logits.shape[1] * mean[idx].mean()
