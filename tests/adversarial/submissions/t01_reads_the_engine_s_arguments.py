# expect: failed
# threat: 1 — prints everything it can find of the process's start: argv, environ, paths, original flags
import os
import sys


def top_k_gating(token_embeddings, gating_network, k=2):
    print(sys.argv, sys.orig_argv, sys.path, dict(os.environ), sys.flags, sys.executable)
    return
