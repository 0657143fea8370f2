# expect: crashed
# threat: 4 — sets a timer whose signal ends the process in the middle of an answer
import signal
import time


def top_k_gating(token_embeddings, gating_network, k=2):
    signal.setitimer(signal.ITIMER_REAL, 0.01)
    time.sleep(0.1)
