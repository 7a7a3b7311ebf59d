"""Contacts: the list, a new one, a contact's card and what is done there."""
