import torch
from torch.nn import functional


def clip_loss(img, txt, log_scale):
    logits = functional.normalize(img, dim=-1) @ functional.normalize(txt, dim=-1).T
    logits = logits * torch.exp(log_scale)
    labels = torch.arange(img.shape[0])
    return (functional.cross_entropy(logits, labels) + functional.cross_entropy(logits.T, labels)) / 2
