def segment_sum(x, seg, n):
    places = seg.unsqueeze(1).expand_as(x)
    return x.new_zeros(n, x.shape[1]).scatter_add(0, places, x)
