import torch


def permute(x, idx, n_experts, block):
    k = idx.shape[1]
    flat = idx.flatten()
    pieces, slots, offsets = [x[:0]], [flat[:0]], [0]
    for expert in range(n_experts):
        mine = (flat == expert).nonzero().flatten()
        missing = -len(mine) % block
        pieces += [x[mine // k], x.new_zeros(missing, x.shape[1])]
        slots += [mine, torch.full((missing,), -1)]
        offsets.append(offsets[-1] + len(mine) + missing)
    return torch.cat(pieces), torch.cat(slots), torch.tensor(offsets)


def unpermute(ys, row_of_slot, weights):
    back = torch.zeros(weights.numel(), dtype=torch.int64)
    real = row_of_slot >= 0
    back[row_of_slot[real]] = torch.arange(len(row_of_slot))[real]
    per_choice = ys[back].view(*weights.shape, ys.shape[1])
    return torch.einsum("tk,tkd->td", weights, per_choice)
