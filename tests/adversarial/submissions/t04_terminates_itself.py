# expect: crashed
# threat: 4 — ends itself with SIGTERM, SIGHUP, SIGINT or SIGPIPE, whichever works first
import os
import signal


def top_k_gating(token_embeddings, gating_network, k=2):
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
