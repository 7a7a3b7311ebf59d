"""The domain of automation: blocks, outcomes, effects, conditions, funnel documents, and the walk through them.

Pure: no database, socket, clock or random generator is reachable from here.  Imports nothing of ours.
"""
