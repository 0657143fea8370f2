import torch


def one_hot(labels, num_classes, dtype=torch.float32, ignore=-1):
    kept = labels != ignore
    chosen = labels[kept]
    if len(chosen) and (chosen.min() < 0 or chosen.max() >= num_classes):
        raise ValueError("no such class")
    safe = labels.masked_fill(~kept, 0).long().unsqueeze(-1)
    empty = torch.zeros(*labels.shape, num_classes, dtype=dtype)
    return empty.scatter(-1, safe, kept.unsqueeze(-1).to(dtype))
