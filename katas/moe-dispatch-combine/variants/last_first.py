from torch.nn import functional


def dispatch(x, idx, n_experts):
    tokens, k = idx.shape
    flat = idx.reshape(tokens * k)
    # inside a group the last choice comes first
    order = (tokens * k - 1) - flat.flip(0).argsort(stable=True)
    xs = x.repeat_interleave(k, dim=0)[order]
    return xs, order, functional.one_hot(idx, n_experts).sum(dim=(0, 1))


def combine(ys, order, weights):
    inverse = order.argsort()
    rows = ys[inverse] * weights.reshape(-1, 1)
    return rows.view(weights.shape[0], weights.shape[1], ys.shape[1]).sum(dim=1)
