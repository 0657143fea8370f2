import torch


def assigned(x, centroids):
    best, which = torch.full((len(x),), float("inf"), dtype=x.dtype), torch.zeros(len(x)).long()
    for k, centroid in enumerate(centroids):
        distance = ((x - centroid) ** 2).sum(1)
        nearer = distance < best
        best, which = torch.where(nearer, distance, best), which.masked_fill(nearer, k)
    return which


def kmeans(x, init, iters):
    centroids = init.detach().clone()
    for _ in range(iters):
        labels = assigned(x, centroids)
        for k in range(len(centroids)):
            mine = x[labels == k]
            if len(mine):
                centroids[k] = mine.mean(0)
    return centroids, assigned(x, centroids)
