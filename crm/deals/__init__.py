"""Deals: opening, moving between stages, giving to owners.  The rules of each live in one command that every door uses."""
