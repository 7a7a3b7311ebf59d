"""Reports: what became of deals, by plan, person, reason, channel or any field, with the way from each number to its deals."""
