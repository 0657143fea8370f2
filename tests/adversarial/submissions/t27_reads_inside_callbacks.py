# expect: failed
# threat: 27 — reads code, closure and globals of the functions that it is handed
def top_k_gating(token_embeddings, gating_network, k=2):
    weights, indices = gating_network(token_embeddings.flatten(0, 1)).topk(k)
    for thing in (gating_network, getattr(gating_network, "forward", None)):
        closure = getattr(thing, "__closure__", None) or ()
        cells = [cell.cell_contents for cell in closure]
        names = getattr(getattr(thing, "__code__", None), "co_names", ())
        known = getattr(thing, "__globals__", {})
        print(names, [type(cell) for cell in cells])
        if any(name.startswith(("test_", "SETTINGS")) for name in known):
            print("ESCAPED", list(known))
    return weights, indices
