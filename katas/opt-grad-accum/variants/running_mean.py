def accumulated_step(model, opt, micro_batches, loss_sum_fn):
    opt.zero_grad()
    seen, mean = 0, 0.0
    for batch in micro_batches:
        loss, n = loss_sum_fn(model, batch)
        if n == 0:
            continue
        for p in model.parameters():
            if p.grad is not None:
                p.grad.mul_(seen / (seen + n))
        (loss / (seen + n)).backward()
        mean = (mean * seen + loss.item()) / (seen + n)
        seen += n
    if seen == 0:
        raise ValueError("all micro-batches are empty")
    opt.step()
    return mean
