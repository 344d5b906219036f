"""The nouns: frozen values that every layer above shares. They know nothing of files, networks or databases."""
