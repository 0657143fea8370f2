import torch


def batch_norm(x, mean, var, w, b, training, momentum=0.1, eps=1e-5):
    if training and x[:, 0].numel() < 2:
        raise ValueError("a single number has no variance")
    channels = []
    for c in range(x.shape[1]):
        values = x[:, c]
        m, v = mean[c].clone(), var[c].clone()
        if training:
            m, v = values.mean(), values.var(correction=0)
            mean.data[c] = (1 - momentum) * mean[c] + momentum * m.item()
            var.data[c] = (1 - momentum) * var[c] + momentum * values.var(correction=1).item()
        channels.append(w[c] * (values - m) / torch.sqrt(v + eps) + b[c])
    return torch.stack(channels, dim=1)
