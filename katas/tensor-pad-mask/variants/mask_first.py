import torch


def pad_batch(seqs, pad, side="right"):
    lengths = torch.tensor([len(seq) for seq in seqs])
    columns = torch.arange(int(lengths.max()))
    if side == "left":
        mask = columns >= lengths.max() - lengths[:, None]
    elif side == "right":
        mask = columns < lengths[:, None]
    else:
        raise ValueError("side must be left or right")
    ids = torch.full(mask.shape, pad, dtype=seqs[0].dtype)
    ids[mask] = torch.cat(seqs)
    return ids, mask
