"""Rehearsals of drafts as people ask for them and look at them: what was asked, how far it is, what came of it.

They are carried out by workers (``workers.rehearsal``), in a world of its own.
"""
