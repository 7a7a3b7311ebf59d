"""Leads: the list, a lead's own page, and what is done there."""
