import torch


def softmax_ce_backward(logits, targets):
    shifted = logits - logits.amax(-1, keepdim=True)
    gradient = shifted.exp()
    gradient /= gradient.sum(-1, keepdim=True)
    gradient[torch.arange(len(targets)), targets] -= 1
    return gradient / len(targets)
