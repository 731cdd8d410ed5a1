import pytest
from django.core.exceptions import ValidationError

from tracker.geometry.bbox import parse_bbox


def bounds(text: str) -> list[tuple[float, ...]]:
    return [box.bounds for box in parse_bbox(text)]


def test_a_box_is_west_south_east_north():
    assert bounds("-1.5,50,9,60.25") == [(-1.5, 50, 9, 60.25)]


@pytest.mark.parametrize("text", ["170,-10,-170,10", "170,-10,190,10", "-190,-10,-170,10"])
def test_a_box_across_the_antimeridian_is_two(text):
    assert bounds(text) == [(170, -10, 180, 10), (-180, -10, -170, 10)]


@pytest.mark.parametrize("text", ["-180,-90,180,90", "-300,-90,300,90"])
def test_a_box_around_the_globe_is_the_globe(text):
    assert bounds(text) == [(-180, -90, 180, 90)]


def test_a_box_of_another_turn_of_the_globe_is_moved_back():
    assert bounds("370,0,375,5") == [(10, 0, 15, 5)]


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("", "write bbox=west,south,east,north"),
        ("1,2,3", "write bbox=west,south,east,north"),
        ("1,2,3,4,5", "write bbox=west,south,east,north"),
        ("a,b,c,d", "write bbox=west,south,east,north"),
        ("nan,0,1,1", "write bbox=west,south,east,north"),
        ("0,0,inf,1", "write bbox=west,south,east,north"),
        ("0,-91,1,1", "Latitude -91.0 is not between"),
        ("0,5,1,4", "south, 5.0, above its north, 4.0"),
    ],
)
def test_anything_else_is_refused_with_advice(text, advice):
    with pytest.raises(ValidationError) as caught:
        parse_bbox(text)
    assert advice in caught.value.messages[0]
