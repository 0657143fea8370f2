import torch


def accumulated_step(model, opt, micro_batches, loss_sum_fn):
    params = [p for p in model.parameters() if p.requires_grad]
    sums = [None] * len(params)
    losses, counts = [], []
    for batch in micro_batches:
        opt.zero_grad()
        loss, n = loss_sum_fn(model, batch)
        loss.backward()
        for i, p in enumerate(params):
            if p.grad is not None:
                sums[i] = p.grad.clone() if sums[i] is None else sums[i] + p.grad
        with torch.no_grad():
            for p, total in zip(params, sums, strict=True):
                p.grad = total
        losses.append(float(loss))
        counts.append(n)
        held = list(sums)
    if not sum(counts):
        raise ValueError("nothing to learn from")
    for p, total in zip(params, held, strict=True):
        p.grad = None if total is None else total / sum(counts)
    opt.step()
    opt.zero_grad()
    return sum(losses) / sum(counts)
