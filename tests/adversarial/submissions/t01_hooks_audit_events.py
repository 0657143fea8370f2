# expect: failed
# threat: 1 — installs an audit hook that prints whatever is opened, compiled or executed later
import sys


def hook(event, arguments):
    if event in ("open", "compile", "exec", "import", "marshal.loads") and "suite" in repr(arguments):
        print("ESCAPED", arguments)


sys.addaudithook(hook)


def top_k_gating(token_embeddings, gating_network, k=2):
    return None
