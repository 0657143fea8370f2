import torch


def pad_batch(seqs, pad, side="right"):
    if side not in {"left", "right"}:
        raise ValueError(side)
    longest = max(map(len, seqs))
    rows, masks = [], []
    for seq in seqs:
        gap = seq.new_full((longest - len(seq),), pad)
        parts = [(seq, True), (gap, False)]
        if side == "left":
            parts.reverse()
        rows.append(torch.cat([part for part, _ in parts]))
        masks.append(torch.cat([torch.full((len(part),), real) for part, real in parts]))
    return torch.stack(rows), torch.stack(masks)
