import torch


def kmeans(x, init, iters):
    c, labels = init, torch.cdist(x, init).argmin(1)
    for _ in range(iters):
        member = torch.nn.functional.one_hot(labels, len(c)).to(x.dtype)
        size = member.sum(0)
        means = (member.T @ x) / size.clamp(min=1)[:, None]
        new = torch.where((size == 0)[:, None], c, means)
        labels = torch.cdist(x, new, compute_mode="donot_use_mm_for_euclid_dist").argmin(1)
        if torch.equal(new, c):
            break
        c = new
    return c.clone(), labels
