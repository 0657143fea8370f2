# expect: error|crashed|failed|timeout
# threat: 18 — replaces stdout by a stream whose flush leaves the program
import sys


class Stream:
    def write(self, text):
        return len(text)

    def flush(self):
        raise SystemExit(0)


sys.stdout = Stream()


def top_k_gating(token_embeddings, gating_network, k=2):
    return None
