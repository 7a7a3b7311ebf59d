"""A user's day: what is due and new, the numbers beside the navigation, and what is told beside the bell."""
