"""Ways in: public forms, webhooks, and the keys of the API."""
