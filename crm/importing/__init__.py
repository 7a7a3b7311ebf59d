"""Reading leads and deals out of files: encodings, separators, headings, cells, rows.

Pure but for reading the file and writing the file of rejected rows.  Imports engine and crm.identity; nothing here
reaches the database.
"""
