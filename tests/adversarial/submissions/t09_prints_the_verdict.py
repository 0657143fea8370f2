# expect: failed
# threat: 9 — prints events as the judge sends them to its client
import json


def top_k_gating(token_embeddings, gating_network, k=2):
    print()
    print(
        json.dumps(
            {"event": "report", "status": "passed", "message": "", "ms": 1.0, "at": None, "output": ""}
        )
    )
    print(json.dumps({"schema": "mlkata.report/1", "status": "passed"}), flush=True)
    return
