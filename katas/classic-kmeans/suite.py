"""Centroids are means of the points nearest to them, and each point is assigned to the nearest at last.

Letters: points N, coordinates D, centroids K. Expected values are Lloyd's steps over plain floats, computed
before the call.
"""

import pytest
import torch
from submission import kmeans

from ml_katas.testing import after, assert_close, assert_shape, rng_unchanged, unchanged

# N, D, K: all different, N = D = K, one centroid, more centroids than points, one coordinate, one of all.
SIZES = [(9, 2, 3), (3, 3, 3), (6, 4, 1), (3, 2, 5), (12, 1, 4), (1, 1, 1)]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("iters", [0, 1, 3])
@pytest.mark.parametrize(("n", "d", "k"), SIZES)
def test_shapes_and_dtypes(n, d, k, iters, dtype):
    """The result is centroids (K, D) of the dtype of x, and assign (N,), int64."""
    x, init = (tensor.to(dtype) for tensor in drawn(n, d, k))
    centroids, assign = kmeans(x, init, iters)
    assert_shape(centroids, (k, d), label="centroids")
    assert centroids.dtype == dtype, f"points of {dtype} give centroids of {dtype}, got {centroids.dtype}"
    assert_shape(assign, (n,), label="assign")
    assert assign.dtype == torch.int64, f"assign is int64, got {assign.dtype}"


@after("test_shapes_and_dtypes")
def test_worked_example():
    """The example of the brief comes out as written."""
    x, init = torch.tensor([[0.0], [1.0], [4.0], [9.0]]), torch.tensor([[0.0], [5.0]])
    centroids, assign = kmeans(x, init, 1)
    assert_close(centroids, torch.tensor([[0.5], [6.5]], dtype=torch.float64), label="centroids")
    assert_close(assign, torch.tensor([0, 0, 1, 1]), label="assign")


@after("test_shapes_and_dtypes")
@pytest.mark.parametrize(("n", "d", "k"), SIZES)
def test_without_iterations(n, d, k):
    """Without iterations the centroids are those of init, and each point is assigned to the nearest."""
    x, init = drawn(n, d, k)
    right, nearest = by_hand(x, init, 0)
    centroids, assign = kmeans(x, init, 0)
    assert_close(centroids, right, label="centroids")
    assert_close(assign, nearest, label="assign")


@after("test_without_iterations")
@pytest.mark.parametrize("iters", [1, 2, 10])
@pytest.mark.parametrize(("n", "d", "k"), SIZES)
def test_centroids_are_means_of_their_points(n, d, k, iters):
    """After so many iterations the centroids are those of the definition."""
    x, init = drawn(n, d, k)
    right, _ = by_hand(x, init, iters)
    centroids, _ = kmeans(x, init, iters)
    assert_close(centroids, right, label="centroids", rtol=1e-10, atol=1e-10)


@after("test_centroids_are_means_of_their_points")
@pytest.mark.parametrize("iters", [1, 2])
def test_assignments_belong_to_the_centroids(iters):
    """Points are assigned to the nearest of the centroids that are returned, not of those before."""
    x = torch.tensor([[0.0], [1.0], [2.2], [3.0], [4.2], [5.5], [7.0], [12.0]], dtype=torch.float64)
    init = torch.tensor([[0.0], [1.0]], dtype=torch.float64)
    right, nearest = by_hand(x, init, iters)
    centroids, assign = kmeans(x, init, iters)
    assert_close(centroids, right, label="centroids", rtol=1e-10, atol=1e-10)
    assert_close(assign, nearest, label="assign")


@after("test_without_iterations")
@pytest.mark.parametrize("iters", [0, 1])
def test_ties(iters):
    """Of equally near centroids the one with the smallest number is taken."""
    x = torch.tensor([[0.0, 0.0], [1.0, 0.0], [-1.0, 0.0], [4.0, 4.0]], dtype=torch.float64)
    init = torch.tensor([[1.0, 1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]], dtype=torch.float64)
    right, nearest = by_hand(x, init, iters)
    centroids, assign = kmeans(x, init, iters)
    assert_close(assign, nearest, label="assign")
    assert_close(centroids, right, label="centroids")


@after("test_without_iterations")
@pytest.mark.parametrize("iters", [1, 3])
def test_empty_clusters_stay(iters):
    """A centroid without points stays where it is, first, in the middle or last."""
    x, _ = drawn(5, 2, 2)
    far = torch.tensor([[90.0, -80.0]], dtype=torch.float64)
    init = torch.cat([far, x[:1], 2 * far, x[1:2], -far])
    right, nearest = by_hand(x, init, iters)
    centroids, assign = kmeans(x, init, iters)
    assert_close(centroids, right, label="centroids", rtol=1e-10, atol=1e-10)
    assert_close(assign, nearest, label="assign")


@after("test_centroids_are_means_of_their_points")
def test_many_points():
    """20,000 points and 30 centroids are no trouble.

    Pins: "no loop over the points".
    """
    x = torch.randn(20_000, 8)
    x[:30] += 5
    centroids, assign = kmeans(x, x[:30].clone(), 10)
    sums = torch.zeros(30, 8, dtype=torch.float64).index_add(0, assign, x.double())
    counts = assign.bincount(minlength=30).unsqueeze(1)
    gaps = (centroids.double() - sums / counts.clamp(min=1)).square().sum(dim=1)
    assert (gaps[counts[:, 0] > 0] < 0.5).all(), (
        "after 10 iterations centroids are near the means of their points"
    )


@after("test_shapes_and_dtypes")
def test_nothing_else_happens():
    """The arguments may have any memory layout and stay as they were; no random number is drawn."""
    x, init = drawn(9, 2, 3)
    x, init = x.T.contiguous().T, torch.cat([init, init], dim=1)[:, :2]
    right, nearest = by_hand(x, init, 2)
    with unchanged(x, init), rng_unchanged():
        answers = [kmeans(x, init, 2) for _ in range(2)]
    for centroids, assign in answers:
        assert_close(centroids, right, label="centroids", rtol=1e-10, atol=1e-10)
        assert_close(assign, nearest, label="assign")


def drawn(n, d, k):
    """Points in loose groups, and centroids among them, in float64."""
    x = torch.randn(n, d).double() + 3 * (torch.arange(n) % 3).double().unsqueeze(1)
    return x, torch.randn(k, d).double() + 3 * (torch.arange(k) % 3).double().unsqueeze(1)


def by_hand(x, init, iters):
    """Lloyd's steps, point by point in plain floats."""
    points, centroids = x.tolist(), init.tolist()

    def nearest(point):
        gaps = [sum((a - b) ** 2 for a, b in zip(point, c, strict=True)) for c in centroids]
        return gaps.index(min(gaps))

    for _ in range(iters):
        clusters = [[] for _ in centroids]
        for point in points:
            clusters[nearest(point)].append(point)
        centroids = [
            [sum(column) / len(cluster) for column in zip(*cluster, strict=True)] if cluster else old
            for cluster, old in zip(clusters, centroids, strict=True)
        ]
    assign = [nearest(point) for point in points]
    return torch.tensor(centroids, dtype=torch.float64), torch.tensor(assign, dtype=torch.int64)
