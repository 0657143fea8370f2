# expect: forbidden
# threat: 17 — runs a program
import subprocess


def top_k_gating(token_embeddings, gating_network, k=2):
    print(subprocess.run(["/bin/echo", "ESCAPED"], capture_output=True, text=True, check=True).stdout)
