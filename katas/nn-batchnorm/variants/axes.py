def batch_norm(x, mean, var, w, b, training, momentum=0.1, eps=1e-5):
    shape = [1] * x.dim()
    shape[1] = x.shape[1]
    if not training:
        scale = w * (var + eps) ** -0.5
        return x * scale.view(shape) + (b - mean * scale).view(shape)
    axes = [axis for axis in range(x.dim()) if axis != 1]
    n = x.numel() // x.shape[1]
    if n < 2:
        raise ValueError("n must be 2 at least in training")
    mu = x.mean(axes, keepdim=True)
    centred = x - mu
    biased = (centred**2).mean(axes, keepdim=True)
    unbiased = (centred**2).sum(axes).detach() / (n - 1)
    mean.copy_((1 - momentum) * mean + momentum * mu.detach().flatten())
    var.copy_((1 - momentum) * var + momentum * unbiased)
    return centred / (biased + eps) ** 0.5 * w.reshape(shape) + b.reshape(shape)
