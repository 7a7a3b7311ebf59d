"""The pages on which a company is set up.  ``overview`` leads to the others."""
