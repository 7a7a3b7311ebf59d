"""What ``funnels.doctor`` looks at, subject by subject: runs, counts, effects, links, distribution.

Imports what ``funnels`` may; only reads.
"""
