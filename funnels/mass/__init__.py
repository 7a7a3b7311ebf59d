"""Mass actions: one thing done to many leads or deals, looked at before, in batches, taken back where nothing changed since."""
