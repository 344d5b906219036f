"""The polite HTTP client: the only door to the network for records."""
