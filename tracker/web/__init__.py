"""Read-only pages, feeds, calendar and JSON API."""
