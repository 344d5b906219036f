"""Change kinds: a small function each, and the story that groups one registry update."""
