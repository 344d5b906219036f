"""A module for each part of the table: ``NAME``, and ``measure``, which gives its figures."""
