"""Tasks with deadlines: setting and changing them, and the lists they stand in."""
