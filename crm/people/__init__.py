"""People: persons, the contacts and companies they are known as, and what makes two of them the same."""
