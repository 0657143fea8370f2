"""Benchmarks: what the budgets promise, measured side by side in one run."""
