"""Asks the advisory service about every installed package: ``python -m tests.security.audit`` (``make audit``).

pip-audit says "No known vulnerabilities found" and ends with 0 also when the service knew none of the packages. That is
no audit, so here the packages that an answer came for are counted. Ends with 0 when all were audited and none has a known
vulnerability, 1 when one has, 3 when nothing, or not everything, could be audited.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

COMMAND = ("pip_audit", "--skip-editable", "--progress-spinner", "off", "--format", "json")
SHOWN = 5


def verdict(report: str, trouble: str) -> tuple[int, str]:
    """The exit code and what to tell, from what pip-audit wrote: its JSON (empty when it failed) and its complaints."""
    try:
        packages: list[dict[str, Any]] = json.loads(report)["dependencies"]
    except (ValueError, KeyError, TypeError):
        last = trouble.strip().rpartition("\n")[2]
        return 3, f"nothing could be audited: {last or 'pip-audit gave no answer'}"
    skipped = [package for package in packages if "skip_reason" in package]
    audited = len(packages) - len(skipped)
    if not audited:
        reason = skipped[0]["skip_reason"] if skipped else "there are no packages"
        return 3, f"nothing could be audited: none of {len(packages)} packages; the first: {reason}"
    known = [
        f"{package['name']} {package['version']}: {vulnerability['id']}"
        for package in packages
        for vulnerability in package.get("vulns", [])
    ]
    lines = [f"{audited} of {len(packages)} packages audited, {len(known)} known vulnerabilities", *known]
    if skipped:
        names = ", ".join(package["name"] for package in skipped[:SHOWN])
        lines.append(f"not audited: {names}" + (f" and {len(skipped) - SHOWN} more" if len(skipped) > SHOWN else ""))
    return (1 if known else 3 if skipped else 0), "\n".join(lines)


def main() -> int:
    """Run pip-audit and say what it means."""
    ended = subprocess.run([sys.executable, "-m", *COMMAND], capture_output=True, text=True, check=False)
    code, said = verdict(ended.stdout, ended.stderr)
    sys.stdout.write(said + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
