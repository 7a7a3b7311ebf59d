"""Templates of funnels and of sales plans: what they are, what they need, and how one becomes a funnel of the company.

``plans/`` holds a file for each plan, ``kept/`` a folder for each funnel: ``about.yaml`` says what it is for and what it needs,
``funnel.yaml`` is the document.
"""
