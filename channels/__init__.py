"""Ways in and out: one adapter per file (e-mail, SMS, messengers, webhook).

Imports the engine only.
"""
