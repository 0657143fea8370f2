from torch.nn import functional


def conv2d(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    def two(n):
        return n if isinstance(n, tuple) else (n, n)

    s, p, d = two(stride), two(padding), two(dilation)
    n, o = len(x), len(w)
    size = [(x.shape[a + 2] + 2 * p[a] - d[a] * (w.shape[a + 2] - 1) - 1) // s[a] + 1 for a in (0, 1)]
    columns = functional.unfold(x, w.shape[2:], dilation=d, padding=p, stride=s)
    columns = columns.reshape(n, groups, -1, size[0] * size[1])
    y = w.reshape(groups, o // groups, -1) @ columns
    y = y.reshape(n, o, *size)
    return y if b is None else y + b[:, None, None]
