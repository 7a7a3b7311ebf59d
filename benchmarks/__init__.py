"""Repeatable measurements of the engine with their peers side by side.

`python -m benchmarks` runs them; only ratios taken in one interleaved run say something, never a time by itself.
May import everything.
"""
