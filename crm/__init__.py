"""People, leads, deals, sales plans, stages, tasks, distribution and the journal: tables, queries, commands.

One room per subject; what all rooms share lies here: the journal, the directory of settings, errors, files.
Imports engine and db.
"""
