"""Imports: a file is sent, its columns and values are assigned, it is tried and written, and may be undone."""
