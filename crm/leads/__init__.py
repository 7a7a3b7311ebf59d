"""Leads: recorded in bulk from every way in; their list and their card, and who may see which."""
