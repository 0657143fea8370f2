"""A mistake is named in another's handwriting, and none is named that was not made."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from ml_katas.judging.protocol import request
from ml_katas.report import Diagnosis
from ml_katas.support.records import replace

if TYPE_CHECKING:
    from conftest import Engine

SOLUTION = '''
"""Weights: what is largest in each row, shared out; and a layer that scales."""

import torch
from torch import nn


def weights(x, k=2):
    kept, indices = x.topk(k, dim=-1)
    return kept.softmax(dim=-1), indices


class Scale(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.factor = nn.Parameter(torch.randn(width))

    def forward(self, x):
        return self.factor * x
'''

SUITE = '''
"""Weights and a layer."""

import torch
from submission import Scale, weights

from ml_katas.testing import assert_close


def test_shape():
    """There are k weights a row."""
    w, i = weights(torch.randn(5, 4), k=3)
    assert w.shape == (5, 3), f"the shape is (5, 3), not {tuple(w.shape)}"


def test_weights():
    """The weights of a row are the softmax over what was kept."""
    x = torch.randn(7, 6)
    w, i = weights(x)
    assert_close(w, x.double().gather(1, i).softmax(dim=-1), label="weights")


def test_exactly():
    """In float64 the weights are right to nine digits."""
    x = torch.randn(7, 6).double()
    w, i = weights(x)
    assert_close(w, x.gather(1, i).softmax(dim=-1), label="weights in float64", rtol=1e-9, atol=1e-9)


def test_large():
    """Large numbers do not overflow."""
    w, i = weights(torch.randn(3, 4) + 1000)
    assert bool(w.isfinite().all()), "large numbers overflow"


def test_layer():
    """The layer multiplies by its factor, and its gradient is x."""
    layer, x = Scale(4), torch.randn(3, 4)
    assert_close(layer(x), layer.factor.detach().double() * x, label="output of the layer")


def test_layer_in_evaluation():
    """Evaluation mode makes no difference."""
    layer, x = Scale(4).eval(), torch.randn(3, 4)
    assert_close(layer(x), layer.factor.detach().double() * x, label="output in evaluation mode")
'''

MISTAKES = """
## softmax-first

<!-- caught by: test_weights -->

Softmax runs over everything.

Keep the largest first.

```diff
-    kept, indices = x.topk(k, dim=-1)
-    return kept.softmax(dim=-1), indices
+    return x.softmax(dim=-1).topk(k, dim=-1)
```

## plain-exp

<!-- caught by: test_large -->

exp overflows.

Subtract the largest.

```diff
-    return kept.softmax(dim=-1), indices
+    powers = kept.exp()
+    return powers / powers.sum(dim=-1, keepdim=True), indices
```

## epsilon

<!-- caught by: test_exactly -->
<!-- free: EPSILON -->

An epsilon in the denominator takes weight away.

The sum is never zero here.

```diff
-    return kept.softmax(dim=-1), indices
+    EPSILON = 1e-6
+    powers = (kept - kept.amax(dim=-1, keepdim=True)).exp()
+    return powers / (powers.sum(dim=-1, keepdim=True) + EPSILON), indices
```

## noise

<!-- caught by: test_weights -->
<!-- free: STRENGTH -->

Noise is added to the scores.

There is none in the formula.

```diff
-    kept, indices = x.topk(k, dim=-1)
+    STRENGTH = 1.0
+    kept, indices = (x + STRENGTH * torch.randn_like(x)).topk(k, dim=-1)
```

## factor-added

<!-- caught by: test_layer -->

The factor is added.

It is to be multiplied.

```diff
-        return self.factor * x
+        return self.factor + x
```

## detached-factor

<!-- caught by: test_layer -->

The factor is cut off by detach.

Leave it in the graph.

```diff
-        return self.factor * x
+        return self.factor.detach() * x * 2
```

## factor-without-gradient

<!-- caught by: test_layer -->

The factor is used under no_grad.

Leave it in the graph.

```diff
-        return self.factor * x
+        with torch.no_grad():
+            return self.factor * x * 2
```
"""

WEIGHTS = """
    score = x.sort(dim=-1, descending=True)
    return torch.softmax(score.values[..., :k], -1), score.indices[..., :k]
"""
LAYER = "return x * self.factor"


@dataclass
class Diagnoser:
    """Judges submissions for the kata above and returns what is said of their mistakes."""

    engine: Engine

    def __call__(
        self, weights: str = WEIGHTS, layer: str = LAYER, state: str = "torch.rand(width) + 5", salt: str = ""
    ) -> Diagnosis | None:
        """Return the diagnosis of a submission in another handwriting than the solution's."""
        files = {"solution.py": SOLUTION, "mistakes.md": MISTAKES}
        kata = self.engine.make_kata(SUITE, entry_points=("weights", "Scale"), files=files)
        source = (
            dedent(
                """
            import torch

            class Scale(torch.nn.Module):
                def __init__(self, width):
                    super().__init__()
                    self.factor = torch.nn.Parameter(STATE)

                def forward(self, x):
                    LAYER

            def weights(x, k=2):
            """
            )
            .replace("STATE", state)
            .replace("LAYER", layer)
            + weights
        )
        asked = replace(request(kata, source.encode(), file_name="answer.py", seed="7f3a"), salt=salt)
        return self.engine.report(asked).diagnosis

    def name(self, *args: str, **kwargs: str) -> str | None:
        """Return the name of the mistake, or None without a diagnosis."""
        found = self(*args, **kwargs)
        return found and found.mistake


@pytest.fixture
def diagnosed(engine: Engine) -> Diagnoser:
    return Diagnoser(engine)


SOFTMAX_FIRST = """
    p = torch.exp(x - x.logsumexp(-1, keepdim=True))
    best = p.argsort(dim=-1, descending=True)[..., :k]
    return p.gather(-1, best), best
"""


def test_a_mistake_is_named_in_another_handwriting(diagnosed: Diagnoser) -> None:
    """Other operations that give the same wrong values get the sentences of the mistake."""
    found = diagnosed(SOFTMAX_FIRST)
    assert found == Diagnosis(
        "softmax-first", "test_weights", "Softmax runs over everything.\n\nKeep the largest first."
    )


def test_what_the_brief_leaves_free_does_not_count(diagnosed: Diagnoser) -> None:
    """Columns in another order, with the indices to match, are the same mistake."""
    turned = SOFTMAX_FIRST.replace("[..., :k]", "[..., :k].flip(-1)")
    assert diagnosed.name(turned) == "softmax-first"


def test_random_numbers_that_a_layer_begins_with_do_not_count(diagnosed: Diagnoser) -> None:
    """A layer that begins otherwise, or with other random numbers, is diagnosed by what it does with them."""
    for state in ("torch.rand(width) + 5", "torch.arange(1.0, width + 1)"):
        assert diagnosed.name(layer="return x + self.factor", state=state) == "factor-added"
    assert diagnosed.name(layer="return x + self.factor", salt="other") == "factor-added"


def test_a_mistake_must_pass_what_the_submission_passes(diagnosed: Diagnoser) -> None:
    """Wrong in one check as a mistake is, and right in one that the mistake fails: another mistake."""
    only_without_training = "return x + self.factor if self.training else x * self.factor"
    assert diagnosed.name(layer=only_without_training) is None


def test_a_mistake_must_explain_every_failure(diagnosed: Diagnoser) -> None:
    """Two mistakes at once are neither of them."""
    assert diagnosed.name(SOFTMAX_FIRST, layer="return x + self.factor") is None


def test_other_wrong_values_have_no_name(diagnosed: Diagnoser) -> None:
    """A mistake that nobody wrote down is not given the name of another that fails the same check."""
    assert diagnosed.name(WEIGHTS.replace("score.values[..., :k]", "2 * score.values[..., :k]")) is None


@pytest.mark.parametrize("size", ["1e-3", "3e-7", "2e-8"])
def test_a_free_number_may_have_any_size(diagnosed: Diagnoser, size: str) -> None:
    """An epsilon is recognised whatever its size."""
    with_epsilon = f"""
    best, index = torch.topk(x, k)
    e = torch.exp(best - best.max(-1, keepdim=True).values)
    return e / ({size} + e.sum(-1, keepdim=True)), index
    """
    assert diagnosed.name(with_epsilon) == "epsilon"


NOISY = "\n    best, index = torch.topk(x + {}, k)\n    return best.softmax(-1), index\n"


@pytest.mark.parametrize("strength", ["1", "0.3", "0.05", "1e-2"])
def test_noise_is_recognised_whatever_its_strength(diagnosed: Diagnoser, strength: str) -> None:
    """Noise that is drawn as in the mistake has its name, be it strong or weak."""
    assert diagnosed.name(NOISY.format(f"{strength} * torch.randn(x.shape, dtype=x.dtype)")) == "noise"


def test_other_noise_is_not_given_the_name(diagnosed: Diagnoser) -> None:
    """Of numbers that are drawn otherwise only that is said: that they were drawn."""
    found = diagnosed(NOISY.format("torch.rand_like(x)"))
    assert found is not None
    assert (found.mistake, found.text[:26]) == ("", "Random numbers were drawn ")


def test_random_numbers_without_a_known_mistake_are_said(diagnosed: Diagnoser) -> None:
    """Random numbers in a call that needs none are a diagnosis of their own."""
    found = diagnosed(layer="return x * self.factor * torch.rand(()).item()")
    assert found is not None
    assert found.mistake == ""
    assert found.text.startswith("Random numbers were drawn during this call.")


def test_words_decide_between_mistakes_that_behave_alike(diagnosed: Diagnoser) -> None:
    """Of two mistakes with the same failures the one is named whose words the submission has, or none."""
    assert diagnosed.name(layer="return 2 * self.factor.detach() * x") == "detached-factor"
    assert (
        diagnosed.name(layer="with torch.no_grad(): return 2 * self.factor * x") == "factor-without-gradient"
    )
    assert diagnosed.name(layer="return 2 * self.factor.data * x") is None


SPREAD = "def spread(x):\n    centred = x - x.mean()\n    return 2 * centred.square().mean()\n"
SPREAD_SUITE = '''
"""The mean squared difference of all pairs."""

import torch
from submission import spread

from ml_katas.testing import assert_close


def test_values():
    """Each number is compared with each, itself too."""
    x = torch.randn(7).double()
    assert_close(spread(x), (x[:, None] - x).square().mean(), label="spread")


def test_many():
    """A hundred thousand numbers need no table of all pairs."""
    assert bool(spread(torch.randn(100_000)).isfinite()), "the spread is a number"
'''
SPREAD_MISTAKES = """
## table-of-pairs

<!-- caught by: test_many -->

All pairs are kept at once.

Expand the square.

```diff
-    return 2 * centred.square().mean()
+    return (centred[:, None] - centred).square().mean()
```
"""


def test_memory_that_ends_is_evidence(engine: Engine) -> None:
    """Code that needs too much memory where a mistake does, and passes what that passes, gets its name."""
    files = {"solution.py": SPREAD, "mistakes.md": SPREAD_MISTAKES}
    kata = engine.make_kata(SPREAD_SUITE, entry_points=("spread",), files=files)
    source = b"import torch\n\ndef spread(x):\n    return torch.cdist(x[:, None], x[:, None]).pow(2).mean()\n"
    found = engine.report(request(kata, source, file_name="answer.py", seed="7f3a")).diagnosis
    assert found is not None
    assert (found.mistake, found.check) == ("table-of-pairs", "test_many")


MASKED = "def masked(x):\n    return x.softmax(dim=-1)\n"
MASKED_SUITE = '''
"""A softmax in which -inf is no number."""

import torch
from submission import masked

from ml_katas.testing import assert_close

INF = float("inf")


def test_nothing():
    """A row of nothing but -inf is NaN."""
    assert_close(masked(torch.full((3,), -INF)), torch.full((3,), torch.nan), label="y", nonfinite=True)


def test_far_below():
    """Beside -100,000 an entry of -inf gets no weight."""
    assert_close(masked(torch.tensor([-1e5, -INF])), torch.tensor([1.0, 0.0]), label="y")
'''
MASKED_MISTAKES = """
## large-number

<!-- caught by: test_nothing, test_far_below -->
<!-- free: hidden -->

-inf is replaced by a large number.

Leave it.

```diff
-    return x.softmax(dim=-1)
+    hidden = -1e4
+    return x.masked_fill(x == -float("inf"), hidden).softmax(dim=-1)
```
"""


@pytest.mark.parametrize("hidden", ["-1e4", "-1e9", "torch.finfo(x.dtype).min"])
def test_a_number_that_leaves_no_error_to_fit_is_recognised(engine: Engine, hidden: str) -> None:
    """Where NaN was expected nothing can be fitted, and a number far out is recognised all the same."""
    files = {"solution.py": MASKED, "mistakes.md": MASKED_MISTAKES}
    kata = engine.make_kata(MASKED_SUITE, entry_points=("masked",), files=files)
    source = f"import torch\n\ndef masked(x):\n    return torch.where(x.isinf(), {hidden}, x).softmax(-1)\n"
    found = engine.report(request(kata, source.encode(), file_name="answer.py", seed="7f3a")).diagnosis
    assert found is not None
    assert found.mistake == "large-number"
