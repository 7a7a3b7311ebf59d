"""What developers run on the repository itself.  Not part of the installed program."""
