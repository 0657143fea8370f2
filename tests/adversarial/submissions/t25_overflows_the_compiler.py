# expect: error|crashed|memory|failed
# threat: 25 — compiles source that is nested so deep that compilers overflow
def top_k_gating(token_embeddings, gating_network, k=2):
    for source in (
        "-" * 90_000 + "1",
        "(" * 90_000,
        "a." * 90_000 + "a",
        "[" * 90 + "]" * 90,
        "x" + "()" * 90_000,
    ):
        try:
            compile(source, "<nested>", "eval")
        except (SyntaxError, RecursionError):
            continue
    return
