"""One submission judged: its suite run check by check, and what the verdict is."""
