"""Deals: opening, moving between stages, giving to owners; boards, totals, products, and who gets the next deal.

The rules of each live in one command that every door uses.
"""
