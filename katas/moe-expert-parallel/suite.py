"""With experts on several ranks the result is that of one process, and rows cross by all-to-all only.

Letters: ranks R, tokens T, width D, experts per rank n. Expected values are a loop over tokens and
choices, computed before the call.
"""

import pytest
import torch
from submission import ep_forward

from ml_katas.testing import after, assert_close, assert_shape, rng_unchanged, spy, unchanged

# Tokens of each rank, D, n, k: equal and not, none on the first, the last, all but one; a single rank.
SETTINGS = [
    ([4, 6], 3, 2, 2),
    ([5, 2, 7], 4, 3, 3),
    ([0, 5, 3], 2, 2, 1),
    ([3, 4, 0], 3, 1, 2),
    ([0, 0, 6, 0], 2, 3, 2),
    ([5], 3, 4, 2),
]


class Wire:
    """An all-to-all that counts what crosses."""

    def __init__(self):
        self.rows, self.calls = [], 0

    def __call__(self, pieces):
        self.calls += 1
        floats = [p for sent in pieces for p in sent if p.is_floating_point() and p.dim() == 2]
        if floats:
            self.rows.append(sum(len(piece) for piece in floats))
        return [
            [pieces[sender][receiver] for sender in range(len(pieces))] for receiver in range(len(pieces))
        ]


def test_one_output_per_rank():
    """Returns a tensor (T_r, D) for each rank."""
    xs, idx, weights, params = drawn([4, 6], 3, 2, 2)
    ys = ep_forward(xs, idx, weights, functions(params), Wire())
    assert len(ys) == 2, f"there are two ranks, got {len(ys)} outputs"
    for rank, (y, x) in enumerate(zip(ys, xs, strict=True)):
        assert_shape(y, x.shape, label=f"output of rank {rank}")


@after("test_one_output_per_rank")
def test_worked_example():
    """The example of the brief comes out as written."""
    xs, idx = [torch.tensor([[1.0]]), torch.tensor([[2.0]])], [torch.tensor([[1]]), torch.tensor([[0]])]
    weights = [torch.tensor([[0.5]]), torch.tensor([[1.0]])]
    ys = ep_forward(xs, idx, weights, [[lambda t: 10 * t], [lambda t: 100 * t]], Wire())
    assert_close(ys[0], torch.tensor([[50.0]]).double(), label="output of rank 0")
    assert_close(ys[1], torch.tensor([[20.0]]).double(), label="output of rank 1")


@after("test_one_output_per_rank")
@pytest.mark.parametrize(("tokens", "width", "local", "k"), SETTINGS, ids=str)
def test_the_output_is_the_definition(tokens, width, local, k):
    """Each token gets the weighted sum of its experts' answers, wherever they live."""
    xs, idx, weights, params = drawn(tokens, width, local, k)
    expected = by_hand(xs, idx, weights, params)
    ys = ep_forward(xs, idx, weights, functions(params), Wire())
    for rank, (y, right) in enumerate(zip(ys, expected, strict=True)):
        assert_close(y, right, label=f"output of rank {rank}", rtol=1e-9, atol=1e-9)


@after("test_one_output_per_rank")
def test_all_tokens_at_one_rank():
    """All tokens may choose the experts of one rank, the first or the last."""
    for home in (0, 2):
        xs, idx, weights, params = drawn([3, 4, 2], 3, 2, 2)
        idx = [2 * home + torch.stack([torch.randperm(2) for _ in range(len(x))]) for x in xs]
        expected = by_hand(xs, idx, weights, params)
        ys = ep_forward(xs, idx, weights, functions(params), Wire())
        for rank, (y, right) in enumerate(zip(ys, expected, strict=True)):
            assert_close(y, right, label=f"output of rank {rank}", rtol=1e-9, atol=1e-9)


@after("test_one_output_per_rank")
def test_each_expert_is_called_once():
    """Each expert is called once with the rows of all ranks that chose it, and not at all without any."""
    xs, idx, weights, params = drawn([4, 6, 3], 3, 2, 2)
    idx = [chosen.where(chosen != 3, torch.tensor(5)) for chosen in idx]  # nobody chooses expert 3
    idx = [
        torch.stack([row if row[0] != row[1] else torch.tensor([0, 5]) for row in chosen]) for chosen in idx
    ]
    wanted = torch.cat([chosen.flatten() for chosen in idx]).bincount(minlength=6).tolist()
    spies = [[spy(expert) for expert in here] for here in functions(params)]
    ep_forward(xs, idx, weights, spies, Wire())
    rows = [sum(each.rows) for here in spies for each in here]
    assert rows == wanted, f"the experts should see {wanted} rows, they saw {rows}"
    calls = [each.calls for here in spies for each in here]
    assert calls == [min(n, 1) for n in wanted], f"each expert is called once or not at all, got {calls}"


@after("test_one_output_per_rank")
def test_rows_cross_twice():
    """Rows of tokens cross by all_to_all twice, as many back as there."""
    xs, idx, weights, params = drawn([4, 6], 3, 2, 2)
    wire = Wire()
    ep_forward(xs, idx, weights, functions(params), wire)
    assert wire.rows == [20, 20], f"20 rows go and 20 come back through all_to_all, counted: {wire.rows}"


@after("test_the_output_is_the_definition")
def test_nothing_crosses_elsewhere():
    """A wire that loses what rank 1 sends leaves rank 1's tokens without an answer, and no other's."""
    xs, idx, weights, params = drawn([4, 3], 3, 2, 2)

    def losing(pieces):
        lost = [
            [p * 0 if p.is_floating_point() and sender == 1 else p for p in sent]
            for sender, sent in enumerate(pieces)
        ]
        return Wire()(lost)

    own = [(chosen < 2).all(dim=1) for chosen in idx]
    expected = by_hand(xs, idx, weights, params)
    ys = ep_forward(xs, idx, weights, functions(params), losing)
    assert_close(
        ys[0][own[0]], expected[0][own[0]], label="tokens of rank 0 with experts of rank 0", atol=1e-9
    )
    lost = (ys[1] - expected[1]).abs().sum(dim=1) > 1e-6
    assert lost.all(), "rank 1's rows were lost on the wire, and yet some of its outputs are right"


@after("test_the_output_is_the_definition")
@pytest.mark.parametrize(("tokens", "width", "local", "k"), SETTINGS[:4], ids=str)
def test_the_gradients(tokens, width, local, k):
    """xs, the weights and the experts receive the gradients of the definition."""
    xs, idx, weights, params = drawn(tokens, width, local, k)
    worth = [torch.randn_like(x) for x in xs]
    leaves = [[x.clone().requires_grad_() for x in xs], [w.clone().requires_grad_() for w in weights]]
    experts = params.clone().requires_grad_()
    loss = sum((y * w).sum() for y, w in zip(by_hand(leaves[0], idx, leaves[1], experts), worth, strict=True))
    flat = [*leaves[0], *leaves[1], experts]
    expected = torch.autograd.grad(loss, flat, allow_unused=True)
    leaves = [[x.clone().requires_grad_() for x in xs], [w.clone().requires_grad_() for w in weights]]
    experts = params.clone().requires_grad_()
    ys = ep_forward(leaves[0], idx, leaves[1], functions(experts), Wire())
    sum((y * w).sum() for y, w in zip(ys, worth, strict=True)).backward()
    for leaf, gradient in zip([*leaves[0], *leaves[1], experts], expected, strict=True):
        if gradient is not None and leaf.numel():
            assert leaf.grad is not None, f"no gradient reaches a tensor of shape {tuple(leaf.shape)}"
            assert_close(leaf.grad, gradient, label="gradient", rtol=1e-8, atol=1e-10)


@after("test_one_output_per_rank")
def test_nothing_else_happens():
    """The arguments stay as they were, no random number is drawn, the same call gives the same answer."""
    xs, idx, weights, params = drawn([4, 6], 3, 2, 2)
    expected = by_hand(xs, idx, weights, params)
    with unchanged(*xs, *idx, *weights), rng_unchanged():
        answers = [ep_forward(xs, idx, weights, functions(params), Wire()) for _ in range(2)]
    for ys in answers:
        assert_close(ys[0], expected[0], label="output of rank 0", rtol=1e-9, atol=1e-9)


def drawn(tokens, width, local, k):
    """Tokens, routes and weights of each rank, and a matrix for each expert, in float64."""
    experts = len(tokens) * local
    xs = [torch.randn(n, width).double() for n in tokens]
    weights = [torch.rand(n, k).double() for n in tokens]
    idx = [torch.rand(n, experts).topk(k, dim=1).indices for n in tokens]
    return xs, idx, weights, torch.randn(len(tokens), local, width, width).double()


def functions(params):
    """Experts that are not linear, for each rank."""
    return [[lambda t, p=p: torch.tanh(t @ p) + 1 for p in here] for here in params]


def by_hand(xs, idx, weights, params):
    """The definition, token by token, with all experts in one place."""
    flat = params.flatten(0, 1)
    outputs = []
    for x, chosen, weight in zip(xs, idx, weights, strict=True):
        rows = [
            sum(w * (torch.tanh(row @ flat[e]) + 1) for w, e in zip(ws, es, strict=True))
            for row, es, ws in zip(x, chosen, weight, strict=True)
        ]
        outputs.append(torch.stack(rows) if rows else x)
    return outputs
