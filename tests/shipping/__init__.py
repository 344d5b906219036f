"""What leaves this repository: wheel and sdist, units, container, completion, and the way from one release to the next."""
