"""Which registrations belong together."""
