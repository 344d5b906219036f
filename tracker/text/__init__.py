"""Text as registries write it: cleaned, folded, cut into words, compared, and marked where two texts differ."""
