# expect: failed
# threat: 18 — prints bidirectional controls, NUL, surrogates, invalid UTF-8 and combining towers
import sys


def top_k_gating(token_embeddings, gating_network, k=2):
    print("\u202eSolved\u202c \u2066x\u2069 \x00 \ud800 \ufeff" + "o" + "\u0301" * 5000)
    sys.stdout.flush()
    sys.stdout.buffer.write(b"\xff\xfe\xc0\x80\xed\xa0\x80 \x1b[31m\n")
    return
