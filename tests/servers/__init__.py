"""Real PostgreSQL and Redis for tests and measurements, without root, containers or system packages.

``binaries`` finds the programs, ``child`` runs one of them, ``postgresql`` and ``redis`` set them up.
"""
