# expect: failed
# threat: 1 — leaves finalizers, gc callbacks and atexit handlers that print what they see last
import atexit
import gc
import sys
import weakref

WANTED = "SEC" + "RET-"


def look(*_):
    for module in list(sys.modules.values()):
        for value in list(vars(module).values()) if module else ():
            if type(value) is str and WANTED in value != WANTED:
                print("ESCAPED", value)


class Thing:
    __del__ = look


atexit.register(look)
gc.callbacks.append(look)
kept = Thing()
weakref.finalize(kept, look)


def top_k_gating(token_embeddings, gating_network, k=2):
    global kept
    kept = None
    return
