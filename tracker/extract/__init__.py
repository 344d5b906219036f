"""Tools for reading documents: labelled text blocks of pages, dates, eligibility criteria."""
