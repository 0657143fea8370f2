"""A decoder block adds attention and a gated feed-forward to the stream, each of which reads a normed copy.

Letters: batch B, tokens T, stream D, inner width F, heads H, key heads G, head width K. Expected values are
computed token by token and head by head in float64, before the call.
"""

import math

import pytest
import torch
from submission import decoder_block

from ml_katas.testing import after, assert_close, assert_shape, rng_unchanged, unchanged

# B, T, D, F, H, G, K: shared key heads, one for all, one for each; K = D / H and not; T = H.
SETTINGS = [(2, 5, 8, 3, 2, 2, 4), (1, 3, 6, 5, 4, 2, 2), (2, 3, 4, 7, 3, 1, 6), (3, 4, 8, 6, 4, 4, 2)]

EXACT = {"rtol": 1e-9, "atol": 1e-9}


def test_keeps_the_shape():
    """The result has the shape of x."""
    x, w, positions = drawn(2, 5, 8, 3, 4, 2, 2)
    assert_shape(decoder_block(x=x, w=w, n_heads=4, n_kv_heads=2, positions=positions), (2, 5, 8), label="y")


@after("test_keeps_the_shape")
def test_worked_example():
    """The example of the brief comes out as written."""
    x, w = example()
    expected = torch.tensor([[[4.471877, 14], [-0.176041, -7]]]).double()
    y = decoder_block(x, w, 1, 1, torch.arange(2), eps=0.0)
    assert_close(y, expected, label="y", atol=1e-5)


@after("test_keeps_the_shape")
def test_branches_that_give_0_leave_the_stream():
    """Where wo and w_down are 0, the stream passes unchanged: it is never normed itself."""
    x, w, positions = drawn(2, 5, 8, 3, 4, 2, 2)
    w["wo"], w["w_down"] = torch.zeros(8, 8).double(), torch.zeros(8, 3).double()
    expected = x.clone()
    assert_close(decoder_block(x, w, 4, 2, positions), expected, label="y", rtol=0, atol=0)


@after("test_branches_that_give_0_leave_the_stream")
def test_attention_alone():
    """With w_down at 0, what is added is the attention of the definition."""
    x, w, positions = drawn(2, 5, 8, 3, 2, 2, 4)
    w["w_down"] = torch.zeros(8, 3).double()
    expected = by_hand(x, w, 2, 2, positions)
    assert_close(decoder_block(x, w, 2, 2, positions), expected, label="y", **EXACT)


@after("test_branches_that_give_0_leave_the_stream")
def test_feed_forward_alone():
    """With wo at 0, what is added is the feed-forward of the definition."""
    x, w, positions = drawn(2, 5, 8, 3, 2, 2, 4)
    w["wo"] = torch.zeros(8, 8).double()
    expected = by_hand(x, w, 2, 2, positions)
    assert_close(decoder_block(x, w, 2, 2, positions), expected, label="y", **EXACT)


@after("test_attention_alone", "test_feed_forward_alone")
@pytest.mark.parametrize("sizes", SETTINGS, ids=str)
def test_the_output_is_the_definition(sizes):
    """The output is that of the definition, for heads of any width and positions with gaps."""
    (x, w, positions), heads, key_heads = drawn(*sizes), sizes[4], sizes[5]
    expected = by_hand(x, w, heads, key_heads, positions)
    assert_close(decoder_block(x, w, heads, key_heads, positions), expected, label="y", **EXACT)


@after("test_attention_alone", "test_feed_forward_alone")
def test_neighbours_share_a_key_head():
    """Query heads 0 and 1 share key head 0, and query heads 2 and 3 key head 1."""
    x, w, positions = drawn(2, 5, 8, 3, 4, 2, 2)
    expected = by_hand(x, w, 4, 2, positions)
    assert_close(decoder_block(x, w, 4, 2, positions), expected, label="y", **EXACT)


@after("test_keeps_the_shape")
def test_later_tokens_have_no_influence():
    """A token sees itself and those before it: a change to token 3 shows from token 3 on."""
    x, w, positions = drawn(2, 5, 8, 3, 4, 2, 2)
    changed = x.clone()
    changed[:, 3] = torch.randn(2, 8).double()
    before, now = decoder_block(x, w, 4, 2, positions), decoder_block(changed, w, 4, 2, positions)
    assert_close(now[:, :3], before[:, :3], label="y of tokens 0 to 2", **EXACT)
    for t in (3, 4):
        assert (now[:, t] - before[:, t]).abs().max() > 1e-6, f"token {t} should notice a change to token 3"


@after("test_attention_alone", "test_feed_forward_alone")
def test_sequences_do_not_see_each_other():
    """A sequence alone gives what it gives among others.

    Pins: "Sequences do not see each other.".
    """
    x, w, positions = drawn(3, 4, 8, 3, 4, 2, 2)
    together = decoder_block(x, w, 4, 2, positions)
    alone = torch.cat([decoder_block(x[b : b + 1], w, 4, 2, positions) for b in range(3)])
    assert_close(together, alone, label="y", **EXACT)


@after("test_keeps_the_shape")
def test_moving_all_positions_changes_nothing():
    """Where all positions move by the same amount, nothing changes: distances count."""
    x, w, positions = drawn(2, 5, 8, 3, 2, 2, 4)
    here, there = (decoder_block(x, w, 2, 2, positions + shift) for shift in (0, 100))
    assert_close(there, here, label="y with all positions 100 further on", rtol=1e-8, atol=1e-8)


@after("test_attention_alone", "test_feed_forward_alone")
@pytest.mark.parametrize("given", [{}, {"eps": 1e-3}, {"base": 50.0}], ids=["defaults", "eps", "base"])
def test_eps_and_base(given):
    """eps belongs to both norms and base to the positions; without them they are 1e-5 and 10000."""
    x, w, positions = drawn(2, 5, 8, 3, 2, 2, 4)
    x, w["wo"], w["w_down"] = (
        0.005 * x,
        0.002 * w["wo"],
        0.002 * w["w_down"],
    )  # all vectors near the root of eps
    expected = by_hand(x, w, 2, 2, positions, **given)
    y = decoder_block(x, w, 2, 2, positions, **given)
    assert_close(y, expected, label="y", rtol=1e-8, atol=1e-11)


@after("test_attention_alone", "test_feed_forward_alone")
def test_a_single_token():
    """A single token sees itself.

    Pins: "at least one token".
    """
    x, w, positions = drawn(2, 1, 6, 3, 4, 2, 2)
    expected = by_hand(x, w, 4, 2, positions)
    assert_close(decoder_block(x, w, 4, 2, positions), expected, label="y", **EXACT)


@after("test_attention_alone", "test_feed_forward_alone")
def test_the_gradients():
    """x and every weight receive the gradients of the definition."""
    x, w, positions = drawn(2, 3, 6, 5, 4, 2, 2)
    worth = torch.randn(2, 3, 6).double()
    names, copies = ["x", *w], [value.clone().requires_grad_() for value in (x, *w.values())]
    total = (by_hand(copies[0], dict(zip(w, copies[1:], strict=True)), 4, 2, positions) * worth).sum()
    expected = torch.autograd.grad(total, copies)
    leaves = [value.clone().requires_grad_() for value in (x, *w.values())]
    y = decoder_block(leaves[0], dict(zip(w, leaves[1:], strict=True)), 4, 2, positions)
    (y * worth).sum().backward()
    for name, leaf, gradient in zip(names, leaves, expected, strict=True):
        assert leaf.grad is not None, f"no gradient reaches {name}"
        assert_close(leaf.grad, gradient, label=f"gradient of {name}")


@after("test_attention_alone", "test_feed_forward_alone")
def test_float32():
    """float32 gives float32, as precise as it allows."""
    x, w, positions = drawn(2, 5, 8, 3, 4, 2, 2)
    x, w = x.float(), {name: value.float() for name, value in w.items()}
    expected = by_hand(x, w, 4, 2, positions)
    y = decoder_block(x, w, 4, 2, positions)
    assert_close(y, expected, label="y", dtype=torch.float32, rtol=1e-3, atol=1e-3)


@after("test_attention_alone", "test_feed_forward_alone")
def test_x_may_be_non_contiguous():
    """x may have any memory layout.

    Pins: "may have any memory layout".
    """
    x, w, positions = drawn(2, 5, 8, 3, 4, 2, 2)
    x = x.transpose(0, 1).contiguous().transpose(0, 1)
    expected = by_hand(x, w, 4, 2, positions)
    assert_close(decoder_block(x, w, 4, 2, positions), expected, label="y", **EXACT)


@after("test_attention_alone", "test_feed_forward_alone")
def test_nothing_else_happens():
    """The arguments stay as they were, no random number is drawn, the same call gives the same answer."""
    x, w, positions = drawn(2, 5, 8, 3, 4, 2, 2)
    expected = by_hand(x, w, 4, 2, positions)
    with unchanged(x, w, positions), rng_unchanged():
        answers = [decoder_block(x, w, 4, 2, positions) for _ in range(2)]
    for y in answers:
        assert_close(y, expected, label="y", **EXACT)


def drawn(batch, tokens, stream, inner, heads, key_heads, width):
    """x, weights that leave numbers at a size of about 1, and positions with gaps, in float64."""
    shapes = {
        "wq": (heads * width, stream),
        "wk": (key_heads * width, stream),
        "wv": (key_heads * width, stream),
        "wo": (stream, heads * width),
        "w_gate": (inner, stream),
        "w_up": (inner, stream),
        "w_down": (stream, inner),
    }
    w = {name: torch.randn(shape).double() / shape[1] ** 0.5 for name, shape in shapes.items()}
    w["wq"] *= 2  # so that attention is far from even
    w |= {name: 0.5 + torch.rand(stream).double() for name in ("attn_norm", "ffn_norm")}
    positions = torch.randperm(30)[:tokens].sort().values
    return torch.randn(batch, tokens, stream).double(), w, positions


def example():
    """The stream and the weights of the brief's example."""
    eye, zero = torch.eye(2), torch.zeros(2, 2)
    w = {"attn_norm": torch.ones(2), "wq": zero, "wk": zero.clone(), "wv": eye, "wo": 5 * eye}
    w |= {"ffn_norm": torch.ones(2), "w_gate": torch.tensor([[5 * math.log(3), 0.0]])}
    w |= {"w_up": torch.tensor([[1.0, 2.0]]), "w_down": torch.tensor([[1.0], [0.0]])}
    return torch.tensor([[[1.0, 7.0], [-1.0, -7.0]]]), w


def by_hand(x, w, heads, key_heads, positions, eps=1e-5, base=10000.0):
    """The definition, one sequence, token and head after the other, in float64."""
    w = {name: value.double() for name, value in w.items()}
    width = len(w["wq"]) // heads
    wq, wo = w["wq"].split(width), w["wo"].split(width, dim=1)
    wk, wv = w["wk"].split(width), w["wv"].split(width)
    turns = [rotation(position, width, base) for position in positions.tolist()]
    result = []
    for sequence in x.double():
        normed = [by_rms(vector, w["attn_norm"], eps) for vector in sequence]
        for t, vector in enumerate(sequence):
            for h in range(heads):
                g = h * key_heads // heads
                query = turns[t] @ (wq[h] @ normed[t])
                scores = [query @ (turns[s] @ (wk[g] @ normed[s])) / math.sqrt(width) for s in range(t + 1)]
                powers = [score.exp() for score in scores]
                seen = sum(power * (wv[g] @ normed[s]) for s, power in enumerate(powers)) / sum(powers)
                vector = vector + wo[h] @ seen
            read = by_rms(vector, w["ffn_norm"], eps)
            gate = w["w_gate"] @ read
            result.append(vector + w["w_down"] @ (gate / (1 + (-gate).exp()) * (w["w_up"] @ read)))
    return torch.stack(result).reshape(x.shape)


def by_rms(vector, weight, eps):
    return vector / (vector @ vector / len(vector) + eps) ** 0.5 * weight


def rotation(position, width, base):
    """The matrix (K, K) that turns the pairs (i, i + K/2) by their angles."""
    matrix, half = torch.zeros(width, width).double(), width // 2
    for i in range(half):
        angle = position * base ** (-2 * i / width)
        matrix[i, i] = matrix[i + half, i + half] = math.cos(angle)
        matrix[i + half, i] = math.sin(angle)
        matrix[i, i + half] = -math.sin(angle)
    return matrix
