"""The engine: a parent that forks judges and sandboxes, and what they say to each other."""
