"""Publishing a version of a funnel: the plan, what becomes of those inside, and going back."""
