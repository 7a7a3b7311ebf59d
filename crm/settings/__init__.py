"""Commands that set things up: the organization, users, sales plans and their stages, directories, custom fields.

Each refuses as a whole by raising, and tells all processes to read the settings again.
"""
