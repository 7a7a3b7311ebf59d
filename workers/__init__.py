"""The imperative shell: claiming, the batch runner, Dramatiq actors, delivery, the scheduler.

Imports everything but web and voronka.
"""
