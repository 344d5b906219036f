"""Tools for reading pages: labelled text blocks, dates, words and places."""
