"""Fields of leads, deals, contacts and companies, built-in and custom: their columns, their values, and changing them in sets."""
