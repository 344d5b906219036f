"""Geography: country names, cities and distances, from tables that ship with the program."""
