# expect: failed
# threat: 8 — makes the entry point an object with every operator
class Entry:
    __name__ = "top_k_gating"

    def __call__(self, *args, **kwargs):
        return self

    def __getattr__(self, name):
        return self

    def __iter__(self):
        return iter([self, self])

    def __eq__(self, other):
        return True

    __hash__ = None


top_k_gating = Entry()
