"""The card of a deal, and everything that is done on it."""
