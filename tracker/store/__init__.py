"""Tables and every query: the only door to the database. Rows never leave this folder."""
