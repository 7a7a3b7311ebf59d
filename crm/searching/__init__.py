"""Looking things up quickly among a million records: by parts of words, and in the order of a list."""
