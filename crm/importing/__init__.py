"""Imports: reading leads and deals out of files, and writing them.

Encodings, separators, headings, cells and rows are pure; `run` joins them with the commands that write, batch by batch.
Imports engine, db and crm.
"""
