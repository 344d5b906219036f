"""Each way in which trackers of trials and of web pages are known to fail, shown to be impossible here."""
