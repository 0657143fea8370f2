"""What LaTeX's commands look like: in Unicode, in ASCII, and in which role."""

from __future__ import annotations

from collections.abc import Iterator

from ..support.records import record
from .atoms import Kind


@record
class Symbol:
    """A command's two looks."""

    unicode: str
    ascii: str
    kind: Kind


def _table(kind: Kind, rows: str) -> Iterator[tuple[str, Symbol]]:
    """Yield the entries of *rows*: name, Unicode and ASCII, or one look for both."""
    for entry in rows.replace("\n", ";").split(";"):
        match entry.split():
            case [name, unicode, ascii_]:
                yield name, Symbol(unicode, ascii_, kind)
            case [name, both]:
                yield name, Symbol(both, both, kind)


_GREEK = """
alpha α; beta β; gamma γ; delta δ; epsilon ε; varepsilon ε; zeta ζ; eta η; theta θ; vartheta ϑ; iota ι
kappa κ; lambda λ; mu μ; nu ν; xi ξ; omicron ο; pi π; varpi ϖ; rho ρ; varrho ϱ; sigma σ; varsigma ς; tau τ
upsilon υ; phi φ; varphi φ; chi χ; psi ψ; omega ω; Gamma Γ; Delta Δ; Theta Θ; Lambda Λ; Xi Ξ; Pi Π
Sigma Σ; Upsilon Υ; Phi Φ; Psi Ψ; Omega Ω
"""

_ORDINARY = """
infty ∞ inf; partial ∂ d; nabla ∇ grad; ell ℓ l; hbar ℏ hbar; Re Re; Im Im; emptyset ∅ {}; varnothing ∅ {}
forall ∀ forall; exists ∃ exists; neg ¬ not; lnot ¬ not; top ⊤ T; bot ⊥ _|_; intercal ⊤ T; prime ′ '
dagger † +; ddagger ‡ ++; ldots … ...; dots … ...; dotsc … ...; dotsb … ...; cdots ⋯ ...
vdots ⋮ ...; ddots ⋱ ...
| ‖ ||; Vert ‖ ||; vert |; angle ∠ angle; triangle △ triangle; checkmark ✓ ok; square □ []; Box □ []
% %; # #; & &; $ $; _ _; colon : ; degree ° deg; backslash \\ \\; star ⋆ *; S § S; P ¶ P; imath ı i; jmath ȷ j
"""

_RELATIONS = """
le ≤ <=; leq ≤ <=; leqslant ≤ <=; ge ≥ >=; geq ≥ >=; geqslant ≥ >=; ne ≠ !=; neq ≠ !=; ll ≪ <<; gg ≫ >>
lt < <; gt > >; approx ≈ ~=; sim ∼ ~; simeq ≃ ~=; cong ≅ ~=; equiv ≡ ==; propto ∝ propto; in ∈ in
notin ∉ notin; ni ∋ contains; subset ⊂ subset; subseteq ⊆ subseteq; supset ⊃ supset; supseteq ⊇ supseteq
to → ->; rightarrow → ->; longrightarrow → ->; leftarrow ← <-; gets ← <-; longleftarrow ← <-
leftrightarrow ↔ <->; Rightarrow ⇒ =>; implies ⇒ =>; Longrightarrow ⇒ =>; Leftarrow ⇐ <=; impliedby ⇐ <=
Leftrightarrow ⇔ <=>; iff ⇔ <=>; mapsto ↦ |->; uparrow ↑ ^; downarrow ↓ v; mid |; parallel ∥ ||; perp ⊥ _|_
coloneqq ≔ :=; triangleq ≜ :=; doteq ≐ :=; prec ≺ <; succ ≻ >; preceq ≼ <=; succeq ≽ >=; lesssim ≲ <~
gtrsim ≳ >~; models ⊨ |=; vdash ⊢ |-; asymp ≍ ~; = =; < <; > >
"""

_BINARY = """
pm ± +-; mp ∓ -+; cdot · *; times × x; div ÷ /; ast * *; circ ∘ o; odot ⊙ (.); otimes ⊗ (x); oplus ⊕ (+)
ominus ⊖ (-); cup ∪ union; cap ∩ intersect; wedge ∧ and; land ∧ and; vee ∨ or; lor ∨ or; setminus ∖ \\
bullet • *; + +; - − -; * *
"""

_BIG = """
sum ∑ sum; prod ∏ prod; coprod ∐ coprod; int ∫ int; iint ∬ int; oint ∮ int; bigcup ⋃ union; bigcap ⋂ intersect
bigoplus ⨁ (+); bigotimes ⨂ (x); bigodot ⨀ (.); bigvee ⋁ or; bigwedge ⋀ and
"""

_FUNCTIONS = """
log log; ln ln; lg lg; exp exp; sin sin; cos cos; tan tan; sinh sinh; cosh cosh; tanh tanh; cot cot; sec sec
csc csc; arcsin arcsin; arccos arccos; arctan arctan; max max; min min; sup sup; inf inf; lim lim; arg arg
det det; dim dim; ker ker; deg deg; gcd gcd; hom hom; Pr Pr; limsup limsup; liminf liminf; argmax argmax
argmin argmin; bmod mod; mod mod
"""

_OPEN = """
( (; [ [; { {; lbrace {; lbrack [; langle ⟨ <; lfloor ⌊ floor(; lceil ⌈ ceil(; lvert |; lVert ‖ ||
"""
_CLOSE = """
) ); ] ]; } }; rbrace }; rbrack ]; rangle ⟩ >; rfloor ⌋ ); rceil ⌉ ); rvert |; rVert ‖ ||
"""

SYMBOLS: dict[str, Symbol] = {
    **{name: Symbol(sign.unicode, name, Kind.ORDINARY) for name, sign in _table(Kind.ORDINARY, _GREEK)},
    **dict(_table(Kind.ORDINARY, _ORDINARY)),
    **dict(_table(Kind.RELATION, _RELATIONS)),
    **dict(_table(Kind.BINARY, _BINARY)),
    **dict(_table(Kind.BIG, _BIG)),
    **dict(_table(Kind.FUNCTION, _FUNCTIONS)),
    **dict(_table(Kind.OPEN, _OPEN)),
    **dict(_table(Kind.CLOSE, _CLOSE)),
    ",": Symbol(",", ",", Kind.PUNCTUATION),
    ";": Symbol(";", ";", Kind.PUNCTUATION),
    ":": Symbol(":", ":", Kind.ORDINARY),
}

# Commands and characters share a table, but `\,` is a space while `,` is not.
CHARACTERS = frozenset("=<>+-*()[],;:")

# Blackboard and script letters: only those of the Basic Multilingual Plane, which terminal fonts have.
BLACKBOARD = dict(zip("CHNPQRZ", "ℂℍℕℙℚℝℤ", strict=True))
SCRIPT = dict(zip("BEFHILMR", "ℬℰℱℋℐℒℳℛ", strict=True))

ACCENTS = {
    "hat": "\u0302", "widehat": "\u0302", "bar": "\u0304", "overline": "\u0305", "tilde": "\u0303",
    "widetilde": "\u0303", "dot": "\u0307", "ddot": "\u0308", "vec": "\u20d7", "check": "\u030c",
    "breve": "\u0306", "acute": "\u0301", "grave": "\u0300", "mathring": "\u030a", "underline": "\u0332",
}  # fmt: skip
ACCENT_NAMES = {"widehat": "hat", "widetilde": "tilde", "overline": "bar"}

SUPERSCRIPTS = dict(
    zip(
        "0123456789+−=()abcdefghijklmnoprstuvwxyzABDEGHIJKLMNOPRTUVWβγδθφχ⊤′*†∗",
        "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁⱽᵂᵝᵞᵟᶿᵠᵡᵀ′*†*",
        strict=True,
    )
)
SUBSCRIPTS = dict(
    zip("0123456789+−=()aehijklmnoprstuvxβγρφχ", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ", strict=True)
)
