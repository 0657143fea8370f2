"""Seeds: one for each check and side, from the run's seed, so that order does not matter."""

from __future__ import annotations

import hashlib
import secrets


def new_run_seed() -> str:
    """Return a fresh run seed, sixteen hex digits: too many to find one that suits by trying."""
    return secrets.token_hex(8)


def derive(run_seed: str, check: str, side: str) -> int:
    """Return the seed of one check on one side ("judge" or "sandbox"), below 2**63."""
    digest = hashlib.sha256(f"{run_seed}\0{check}\0{side}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1
