"""Secrets that open something for whoever holds them: made from 128 random bits or more; only their hashes are stored."""

from __future__ import annotations

import hashlib
import secrets


def new_token() -> str:
    """Return a new secret, 32 characters that may stand in an address: 192 random bits."""
    return secrets.token_urlsafe(24)


def token_hash(token: str) -> str:
    """Return what is stored of a secret; it is random, so a plain hash cannot be guessed back."""
    return hashlib.sha256(token.encode()).hexdigest()
