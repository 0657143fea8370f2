import torch


def hierarchical_gates(primary, secondary):
    return torch.einsum("ta,tab->tab", primary, secondary)


def importance_h(primary, secondary):
    return torch.einsum("ta,tab->ab", primary, secondary)


def load_h(primary, load_primary, p_secondary):
    rows = []
    for i, load in enumerate(load_primary):
        mine = p_secondary[primary[:, i] > 0, i]
        rows.append(
            load * mine.mean(dim=0) if len(mine) else 0 * load * p_secondary.new_zeros(p_secondary.shape[2])
        )
    return torch.stack(rows)
