# expect: invalid
# threat: 5 — skips the whole module while it is imported
import pytest

pytest.skip("not today", allow_module_level=True)
