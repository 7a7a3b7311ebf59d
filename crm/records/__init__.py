"""What every record has: tags, comments, a timeline, and being found by search."""
