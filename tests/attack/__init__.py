"""The promises of docs/reliability.md attacked from outside: by a harness that imports nothing of the program it attacks.

It has its own registry, mail server and webhook on raw sockets, invents its own records, writes its own configuration, runs
the installed ``tracker`` as any user does, and judges by exit codes, by what the command prints and by what arrives.

Every run takes a part of the attacks, chosen by seed, that ends within about a minute; ``make chaos`` takes them all.
"""
