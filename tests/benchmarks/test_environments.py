import sys
from pathlib import Path

import pytest

from benchmarks.environments import EnvironmentUnavailable, find_python


def test_a_python_is_found_in_pyenv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python = tmp_path / "versions" / "3.99.1" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))

    assert find_python(("3.98", "3.99")) == str(python)


def test_a_missing_python_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))

    with pytest.raises(EnvironmentUnavailable, match=r"no Python 3\.98 or 3\.99 found"):
        find_python(("3.98", "3.99"))
