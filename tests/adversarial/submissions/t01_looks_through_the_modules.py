# expect: failed
# threat: 1 — looks for the suite, the solution and the judge's state among the loaded modules
import sys

import ml_katas.judging.run.submission_module as context
import ml_katas.judging.processes.judge as judge

WANTED = "SEC" + "RET-"


def top_k_gating(token_embeddings, gating_network, k=2):
    for name, module in list(sys.modules.items()):
        if name in ("suite", "solution", "submission", "mistakes") or "_PLANTED" in vars(module):
            print("ESCAPED", name)
        for key, value in list(vars(module).items()) if module is not None else ():
            if isinstance(value, str) and WANTED in value != WANTED:
                print("ESCAPED", key, value)
    if getattr(context, "current", None) is not None or "Judgement" not in vars(judge):
        print("ESCAPED", context.current)
    return
