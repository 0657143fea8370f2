# expect: failed
# threat: 1 — asks inspect, linecache and traceback for the source of everything above it
import inspect
import linecache
import traceback


def top_k_gating(token_embeddings, gating_network, k=2):
    for info in inspect.stack(context=20):
        print(info.filename, info.code_context)
    for name in list(linecache.cache):
        print(name, "suite" in name and "ESC" + "APED")
    traceback.print_stack()
    for name in ("suite.py", "@KATA@/suite.py", "solution.py"):
        print(linecache.getlines(name))
    return
