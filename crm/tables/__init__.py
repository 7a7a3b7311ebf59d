"""The tables of people, records, the journal and distribution, by subject.  No queries here."""
