import stat
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.exceptions import ImproperlyConfigured

from tracker_project.secret_key import local_secret_key


def test_a_key_is_made_once(tmp_path):
    path = tmp_path / "key"
    key = local_secret_key(path)
    assert len(key) >= 50
    assert local_secret_key(path) == key


def test_only_the_owner_can_read_the_key(tmp_path):
    local_secret_key(tmp_path / "key")
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600


def test_processes_that_start_together_agree(tmp_path):
    with ThreadPoolExecutor(8) as threads:
        keys = set(threads.map(local_secret_key, [tmp_path / "key"] * 32))
    assert len(keys) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["key"]


def test_a_folder_that_cannot_be_written_is_an_error_with_advice(tmp_path):
    with pytest.raises(ImproperlyConfigured, match="Set SECRET_KEY to a long random text"):
        local_secret_key(tmp_path / "missing" / "key")
