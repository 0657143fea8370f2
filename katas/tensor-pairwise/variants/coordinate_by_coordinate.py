def pairwise_sqdist(x, y):
    total = x.new_zeros(len(x), len(y))
    for c in range(x.shape[1]):
        total = total + (x[:, c, None] - y[None, :, c]) ** 2
    return total
