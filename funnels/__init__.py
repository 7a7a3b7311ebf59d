"""Funnels, versions, runs, tokens and steps: tables, queries, commands; stage robots compile to funnels here.

Imports engine, db, blocks and crm.
"""
