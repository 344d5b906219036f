"""Everything people read: words, digest, mail, tables."""
