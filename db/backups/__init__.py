"""Backups: one file that holds everything, taken while others work, and put back whole or not at all."""
