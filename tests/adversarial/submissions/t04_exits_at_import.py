# expect: crashed
# threat: 4 — ends its process while it is imported
import os

os._exit(0)
