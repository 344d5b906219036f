"""The whole job on three recorded days, played against a registry and a mail server on this machine."""
