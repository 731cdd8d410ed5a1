import pytest

from tracker.position import BadPosition, Position


def test_a_position_is_read_as_it_is_written():
    position = Position("a-B_9", 4821)
    assert str(position) == "a-B_9:4821"
    assert Position.parse(str(position)) == position


@pytest.mark.parametrize(
    "text",
    [None, 3, "", ":", "a:", ":1", "a:-1", "a:1.0", "a:x", "a:1:2", "a b:1", "a:" + "9" * 19],
)
def test_anything_else_is_refused_with_advice(text):
    with pytest.raises(BadPosition, match="write epoch:seq"):
        Position.parse(text)
