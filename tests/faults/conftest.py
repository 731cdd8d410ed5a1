"""The rig over one Valkey."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.rig import Rig, Sender
from tests.support.valkey import ValkeyServer


@pytest.fixture
def rig(tmp_path: Path, valkey: ValkeyServer) -> Iterator[Rig]:
    with Rig(tmp_path, {"hosts": [valkey.url]}) as rig:
        yield rig


@pytest.fixture
def sender(rig: Rig) -> Iterator[Sender]:
    """Sends for as long as the test goes on, or until it stops it."""
    sender = Sender(rig.layer)
    sender.start()
    yield sender
    sender.stop()
