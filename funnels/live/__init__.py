"""A funnel seen live: who entered in a period and how it went, who is where, and when they leave."""
