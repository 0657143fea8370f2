import torch


def cross_entropy(logits, targets, ignore_index=-100, label_smoothing=0.0):
    keep = targets.ne(ignore_index)
    logits, targets = logits[keep], targets[keep]
    if not len(targets):
        return logits.sum() * 0
    wanted = torch.full_like(logits, label_smoothing / logits.shape[1])
    wanted[torch.arange(len(targets)), targets] += 1 - label_smoothing
    return -(wanted * logits.log_softmax(-1)).sum(-1).mean()
