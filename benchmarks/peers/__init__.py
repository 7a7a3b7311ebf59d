"""The same job done by others, as a competent user of theirs would write it."""
