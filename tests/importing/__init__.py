"""Tests of `tracker.importing`."""
