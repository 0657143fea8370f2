"""Formulas read well as text, and nothing of them is lost."""

from __future__ import annotations

import io
import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.markdown import Markdown

from ml_katas.mathtext import replace_math, to_text

_BLOCKS = (Path(__file__).parents[1] / "fixtures" / "formulas.txt").read_text(encoding="utf-8").split("\n\n")
FORMULAS = [tuple(block.strip().split("\n    ", 1)) for block in _BLOCKS if not block.startswith("#")]

ASCII = {
    r"\mathrm{softmax}\left(\frac{QK^\top}{\sqrt{d_k}}\right)V": "softmax(QK^T/sqrt(d_k))V",
    r"\sum_{i} x_i": "sum_{i} x_i",
    r"\sum_{i=1}^{n} \alpha_i x^{i+1}": "sum_{i=1}^{n} alpha_i x^{i+1}",
    r"x \le y \ne z \to \infty": "x <= y != z -> inf",
    r"E_{x \in D}[\hat{y} \cdot 2\pi r]": "E_{x in D}[hat(y) * 2 pi r]",
    r"\nabla_\theta L \odot \|g\|": "grad_theta L (.) ||g||",
    r"W^* - f'(x) \times \mathbb{R}^{d \times k}": "W* - f'(x) x R^{d x k}",
    r"\lfloor x \rfloor \not\in \{1, \ldots, n\}": "floor(x) not in {1, ..., n}",
    r"\frac{\partial L}{\partial w_{ij}}": "dL/d w_ij",
}

UNKNOWN = {
    r"\foo{x_i}_2 + \bar x": r"\foo{x_i}₂ + x̄",
    r"\foo a": r"\foo a",
    r"a \unknown_i": r"a \unknownᵢ",
    r"\begin{tikz} \draw x \end{tikz} + y": r"\begin{tikz} \draw x \end{tikz} + y",
    r"x_{i": r"x_{i",
    r"\frac{a}": r"\frac{a}",
    r"a } b": r"a } b",
    r"\begin{cases} a": r"\begin{cases} a",
    r"x_a_b": r"x_a_b",
    r"50 % of x": "50 % of x",
}


@pytest.mark.parametrize(("latex", "text"), FORMULAS)
def test_a_formula_reads_as_one_would_write_it_by_hand(latex: str, text: str) -> None:
    """Real formulas come out exactly as written down here."""
    assert to_text(latex) == text.replace("\n    ", "\n")


@pytest.mark.parametrize(("latex", "text"), ASCII.items())
def test_ascii_is_enough(latex: str, text: str) -> None:
    """A terminal without Unicode gets the formula in ASCII."""
    assert to_text(latex, ascii_only=True) == text


@pytest.mark.parametrize("latex", [latex for latex, _ in FORMULAS])
def test_ascii_text_is_ascii(latex: str) -> None:
    """No character outside ASCII is left in ASCII text."""
    assert to_text(latex, ascii_only=True).isascii()


@pytest.mark.parametrize(("latex", "text"), UNKNOWN.items())
def test_what_is_not_known_stays(latex: str, text: str) -> None:
    """Unknown commands and broken LaTeX stay as source."""
    assert to_text(latex) == text


_words = st.from_regex(r"[a-z]{2,6}|[A-Z]|[0-9]{1,3}", fullmatch=True)
_WRAPPERS = [
    r"\frac{%s}{%s}", r"{%s}_{%s}", r"{%s}^{%s}", r"%s + %s", r"%s %s", r"\sqrt[%s]{%s}", r"\hat{%s}\bar{%s}",
    r"\left(%s \mid %s\right)", r"\text{%s}\operatorname{%s}", r"\mystery{%s}_{%s}", r"\underset{%s}{%s}",
    r"\begin{bmatrix} %s & %s \end{bmatrix}", r"\begin{cases} %s \\ %s \end{cases}", r"\log %s \sum_{%s}",
    r"\mathbb{%s}\mathcal{%s}", r"\alpha %s \in \|%s\|", r"\binom{%s}{%s}", r"\begin{other}%s %s\end{other}",
]  # fmt: skip
_formulas = st.recursive(
    _words, lambda part: st.builds(lambda w, a, b: w % (a, b), st.sampled_from(_WRAPPERS), part, part)
)


def _letters(text: str) -> str:
    """Return the letters and digits of *text*, with scripts and accents taken off."""
    bare = unicodedata.normalize("NFKD", text.replace("∛", "√3").replace("∜", "√4"))
    return "".join(c for c in bare if c.isalnum())


@given(_formulas, st.booleans())
def test_no_word_or_number_vanishes(latex: str, ascii_only: bool) -> None:
    """Every word and number of a formula is in its text."""
    text = _letters(to_text(latex, ascii_only=ascii_only))
    for token in re.findall(r"(?<![\\a-zA-Z])[a-zA-Z]+|\d+", re.sub(r"\\(begin|end)\{\w+\}", " ", latex)):
        assert _letters(token) in text or token == "2"  # a square root has no degree


_scraps = st.sampled_from([*"ab1_^{}[]()&'%$\\ \n|:=", r"\frac", r"\sqrt", r"\left", r"\\", r"\hat"])


@given(st.one_of(st.text(), st.lists(_scraps).map("".join)))
def test_no_text_is_too_broken(latex: str) -> None:
    """Whatever the text, it comes back as text."""
    assert isinstance(to_text(latex), str)
    assert isinstance(replace_math(latex), str)


def test_deep_nesting_stays_source() -> None:
    """A formula nested too deep to read stays as source."""
    latex = "{" * 5000 + "x" + "}" * 5000
    assert to_text(latex) == latex


MARKDOWN = {
    "Let $x_i * y_i$ be.": r"Let xᵢ \* yᵢ be.",
    "It costs $5 and $10.": "It costs $5 and $10.",
    r"Escaped \$x_i\$ stays.": r"Escaped \$x_i\$ stays.",
    "Code `$x_i$` and ``a ` $b_i$`` stay.": "Code `$x_i$` and ``a ` $b_i$`` stay.",
    "```python\n$x_i$\n```\n$x_i$": "```python\n$x_i$\n```\nxᵢ",
    "~~~\n```\n$x_i$\n~~~\n$x_i$": "~~~\n```\n$x_i$\n~~~\nxᵢ",
    "$$x_i$$": "```math\nxᵢ\n```",
    "so\n$$\nx_i\n$$\nis": "so\n```math\nxᵢ\n```\nis",
    "so $$x_i$$ is": "so \n```math\nxᵢ\n```\n is",
    "- a\n\n  $$x_i$$\n": "- a\n\n  ```math\n  xᵢ\n  ```\n",
    "- $$x_i$$": "- ```math\n  xᵢ\n  ```",
    "> $$\n> x_i\n> $$": "> ```math\n> xᵢ\n> ```",
    "| $|x|$ | $$y_i$$ |": r"| \|x\| | yᵢ |",
    r"$$\begin{aligned} a &= b \\ &= c \end{aligned}$$": "```math\na = b\n= c\n```",
    "$a\n\nb$": "$a\n\nb$",
}


@pytest.mark.parametrize(("markdown", "replaced"), MARKDOWN.items())
def test_formulas_are_replaced_in_markdown(markdown: str, replaced: str) -> None:
    """Inline formulas become escaped text, displayed ones a block; code and prices stay."""
    assert replace_math(markdown) == replaced


@pytest.mark.parametrize(
    ("latex", "shown"),
    [
        ("a * b * c", "a * b * c"),
        ("x_{a,b} y_{c,d}", "x_{a,b} y_{c,d}"),
        ("[a](b)", "[a](b)"),
        ("<b> & c", "< b > & c"),
        (r"\foo{a_b} \_ *x*", r"\foo{a_b} _ * x*"),
        ("1. x", "1. x"),
        ("# x", "# x"),
        ("~~a~~ !b", "~~a~~ !b"),
    ],
)
def test_markdown_leaves_a_formula_alone(latex: str, shown: str) -> None:
    """What a formula shows is what Markdown prints."""
    screen = io.StringIO()
    Console(file=screen, width=80).print(Markdown(replace_math(f"${latex}$")))
    assert screen.getvalue().strip() == shown
