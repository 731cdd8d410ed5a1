"""The test suites of the project, written for Channels 1.1.8, under Django's own test runner."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROJECT = Path(__file__).parent / "project"


def test_the_suites_pass_without_a_warning(tmp_path, redis_url, prefix):
    run = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "manage.py", "test", "--no-input"],
        cwd=PROJECT,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "DJANGO_SETTINGS_MODULE": "project.settings",
            "DATABASE_NAME": str(tmp_path / "db.sqlite3"),
            "REDIS_URL": redis_url,
            "REDIS_PREFIX": prefix,
        },
        capture_output=True,
        text=True,
        timeout=170,
    )
    assert run.returncode == 0, run.stderr
    assert "Ran 20 tests" in run.stderr
