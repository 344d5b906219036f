"""Runs a command and prints what it cost, as JSON: ``python -I -S launch.py SECONDS COMMAND…``.

A process of its own, which imports next to nothing: a child's peak memory counts what its parent held when it was made.
"""

import json
import os
import resource
import signal
import sys
import time

limit, command = float(sys.argv[1]), sys.argv[2:]
began = time.monotonic()
child = os.fork()
if child == 0:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.execvp(command[0], command)
signal.signal(signal.SIGALRM, lambda *_: os.kill(child, signal.SIGKILL))
signal.setitimer(signal.ITIMER_REAL, limit)
_, status, usage = os.wait4(child, 0)
signal.setitimer(signal.ITIMER_REAL, 0)
cost = {
    "code": os.waitstatus_to_exitcode(status),
    "cpu": usage.ru_utime + usage.ru_stime,
    "wall": time.monotonic() - began,
    "peak_kb": usage.ru_maxrss,
    "own_peak_kb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
    "written": usage.ru_oublock * 512,
}
os.write(1, json.dumps(cost).encode())
