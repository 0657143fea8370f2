import torch


def conv2d(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    s, p, d = ([v] * 2 if isinstance(v, int) else list(v) for v in (stride, padding, dilation))
    n, c, h, width = x.shape
    o, inner, k, k2 = w.shape
    padded = x.new_zeros(n, c, h + 2 * p[0], width + 2 * p[1])
    padded[:, :, p[0] : p[0] + h, p[1] : p[1] + width] = x
    reach = d[0] * (k - 1) + 1, d[1] * (k2 - 1) + 1
    rows = []
    for top in range(0, padded.shape[2] - reach[0] + 1, s[0]):
        row = []
        for left in range(0, padded.shape[3] - reach[1] + 1, s[1]):
            seen = padded[:, :, top : top + reach[0] : d[0], left : left + reach[1] : d[1]]
            parts = [
                torch.einsum(
                    "ncuv,ocuv->no",
                    seen[:, g * inner : (g + 1) * inner],
                    w[g * o // groups : (g + 1) * o // groups],
                )
                for g in range(groups)
            ]
            row.append(torch.cat(parts, dim=1))
        rows.append(torch.stack(row, dim=2))
    y = torch.stack(rows, dim=2)
    return y if b is None else y + b.reshape(1, o, 1, 1)
