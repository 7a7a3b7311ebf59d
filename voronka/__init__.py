"""The composition root: settings, command line, the embedded all-in-one process.

The only place that wires web to workers.
"""
