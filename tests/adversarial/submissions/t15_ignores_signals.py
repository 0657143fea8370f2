# expect: timeout
# threat: 15 — ignores every signal that can be ignored, then uses up its processor time
# slow
import signal

for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        continue


def top_k_gating(token_embeddings, gating_network, k=2):
    while True:
        pass
