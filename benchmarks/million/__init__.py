"""Boards, lists, search and totals over a million deals, beside the same over ten thousand: on PostgreSQL, page by page."""
