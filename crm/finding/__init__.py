"""Filters: which leads, deals, contacts, companies or tasks are wanted, as lists, boards, mass actions and addresses share it."""
