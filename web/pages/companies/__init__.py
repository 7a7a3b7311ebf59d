"""Companies: the list, a new one, a company's card and what is done there."""
