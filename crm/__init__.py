"""People, leads, deals, sales plans, stages, tasks, distribution and the journal: tables, queries, commands.

Imports engine and db.
"""
