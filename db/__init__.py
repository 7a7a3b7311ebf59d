"""Where data rests: portable types, tables' base, sessions, the unit of work, bulk writes, one Alembic tree.

Knows SQLite and PostgreSQL, and nothing of sales.  Imports nothing of ours.
"""
