"""The rig over one Valkey, shared by the tests of a module, which find it whole."""

from collections.abc import Iterator

import pytest

from tests.faults.rig import Rig, Sender
from tests.support.processes import started
from tests.support.valkey import ValkeyServer


@pytest.fixture(scope="module")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyServer]:
    with started(ValkeyServer(tmp_path_factory.mktemp("valkey"))) as server:
        yield server


@pytest.fixture(scope="module")
def shared_rig(tmp_path_factory: pytest.TempPathFactory, valkey: ValkeyServer) -> Iterator[Rig]:
    with Rig(tmp_path_factory.mktemp("rig"), {"hosts": [valkey.url]}) as rig:
        yield rig


@pytest.fixture
def rig(shared_rig: Rig) -> Rig:
    """The module's rig, mended of what the test before has done to it."""
    shared_rig.mend()
    return shared_rig


@pytest.fixture
def sender(rig: Rig) -> Iterator[Sender]:
    """Sends for as long as the test goes on, or until it stops it."""
    with started(Sender(rig.layer)) as sender:
        yield sender
