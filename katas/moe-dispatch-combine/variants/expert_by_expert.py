import torch


def dispatch(x, idx, n_experts):
    k = idx.shape[1]
    groups = [(idx == expert).nonzero() for expert in range(n_experts)]
    places = torch.cat(groups).flip(1)  # (choice in the row, token)
    order = places[:, 1] * k + places[:, 0]
    xs = x.index_select(0, places[:, 1])
    return xs, order, torch.tensor([len(group) for group in groups])


def combine(ys, order, weights):
    back = torch.empty_like(order)
    back[order] = torch.arange(len(order))  # the row of each choice
    per_choice = ys[back].reshape(*weights.shape, ys.shape[1])  # (T, k, D')
    return torch.einsum("tk,tkd->td", weights, per_choice)
