# expect: failed
# threat: 18 — replaces, closes and detaches its standard streams
import io
import os
import sys


class Stream(io.StringIO):
    def flush(self):
        raise SystemExit(0)


def top_k_gating(token_embeddings, gating_network, k=2):
    sys.stdout.close()
    sys.stdout, sys.stderr, sys.__stdout__ = io.StringIO(), 7, None
    os.close(1)
    os.close(2)
    return
