"""Conditions asked of stored records: the facts that Python looks at, and the same answer from SQL."""
