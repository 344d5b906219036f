"""Files that a person downloaded become checks like those of a pass: exports of many trials, and saved records.

Nobody is asked for anything. A file is cut into its trials, those that are followed are read, and they are staged, judged,
accepted and told as the answers of a registry are. See `opening` for what a file may be packed in, `spool` for how it is
cut at the memory of one trial, `work` for the import itself.
"""

from __future__ import annotations

from tracker.importing.work import Import, ImportReport, Wanted, import_file

__all__ = ["Import", "ImportReport", "Wanted", "import_file"]
