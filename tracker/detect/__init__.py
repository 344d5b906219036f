"""What the answers of a registry mean: pure decisions, from answers and what is stored to what is to be staged.

``batch`` decides on a batch of answers, ``verdict`` on one of them, ``listing`` on what a search holds, ``mirrors`` on pages
that repeat a registry, ``drift`` on what answers lost, and ``tally`` counts what a run as a whole is judged by. ``mass``
doubts what many trials say at once, ``second_opinion`` says when it is believed, ``unread`` and ``kept`` read a field from
an earlier version, and ``other_trial`` refuses what cannot be the trial's record.
"""
