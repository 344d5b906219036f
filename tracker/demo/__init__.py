"""A loopback registry that replays recorded days, and the whole job run against it."""
