"""What people see: Flask pages, public forms, the API, templates.

Imports everything but workers and voronka.
"""
