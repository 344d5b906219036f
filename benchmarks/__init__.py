"""How fast and how small the tracker is: each bar as a figure, its floor in the same run, and their ratio.

`make bench` measures all rows and keeps them in ``benchmarks/results``; `make bench-compare` puts two such files side by side.
"""
