def layer_norm_backward(dy, x, weight, eps=1e-5):
    n = x.shape[-1]
    mu = x.sum(-1, keepdim=True) / n
    centred = x - mu
    var = (centred * centred).sum(-1, keepdim=True) / n
    scale = 1 / (var + eps) ** 0.5
    d_normal = weight * dy
    d_scale = (d_normal * centred).sum(-1, keepdim=True)
    d_var = d_scale * -0.5 * scale**3
    d_centred = d_normal * scale + d_var * 2 * centred / n
    dx = d_centred - d_centred.sum(-1, keepdim=True) / n
    dw, db = dy * centred * scale, dy
    while dw.dim() > 1:
        dw, db = dw.sum(0), db.sum(0)
    return dx, dw, db.clone()
