"""Rooms with any name."""

import pytest

from channels.layers.names import check_group
from examples.common.rooms import room_group


@pytest.mark.parametrize("room", ["lobby", "", "r" * 5000, "a room", "房间", "a/b?!#", "\ud800"])
def test_a_room_with_any_name_has_a_group_that_the_layer_allows(room):
    assert check_group(room_group("chat", room).name)


def test_rooms_and_applications_do_not_share_groups():
    names = {room_group(app, room).name for app in ("chat", "game") for room in ("a b", "a_b")}

    assert len(names) == 4
