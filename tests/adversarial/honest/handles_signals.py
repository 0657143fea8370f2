# expect: passed
"""Signal handlers, an alarm that is taken back, a fault handler."""
import faulthandler
import signal

signal.signal(signal.SIGINT, lambda *_: None)
signal.signal(signal.SIGTERM, signal.SIG_IGN)
faulthandler.enable(file=open("/dev/null", "w"))


def top_k_gating(token_embeddings, gating_network, k=2):
    signal.signal(signal.SIGALRM, lambda *_: None)
    signal.alarm(100)
    kept, indices = gating_network(token_embeddings.flatten(0, 1)).topk(k)
    signal.alarm(0)
    return kept.softmax(-1), indices
