# expect: error
# threat: 18 — puts escape sequences into an exception's message and names
Painted = type("\x1b[32mSolved\x1b[0m\u202e", (Exception,), {})


def top_k_gating(token_embeddings, gating_network, k=2):
    raise Painted("\x1b]52;c;ZWNobyBpbm5vY2VudA==\x07\x1b[2J[bold]\x00\u202e\ud800 passed")
