"""The daemon: an alarm clock around passes and deliveries. What is due stands in the database.

    alarm (APScheduler) ─► what is due now? (`jobs`) ─► one job at a time ─► when is it due next? ─► the database

SIGTERM and SIGINT end it with 0 within two seconds, whatever hosts do; SIGHUP rereads the configuration and keeps the old
one if the new one is wrong. A second daemon on the same database stands by and takes over when the first is gone.
"""

from tracker.daemon.service import Daemon, serve

__all__ = ["Daemon", "serve"]
