"""geometry.js: the same answers as the server's geometry."""

import pytest
from shapely import Point, Polygon

OUTLINE = [[0, 0], [10, 0], [10, 10], [0, 10]]
HOLE = [[4, 4], [6, 4], [6, 6], [4, 6]]


@pytest.mark.parametrize(
    "place", [(5, 1), (5, 5), (5, 4), (10, 3), (0, 0), (11, 5), (5, -1), (-5, 10)]
)
def test_covers_agrees_with_the_server(run, place):
    polygon = Polygon(OUTLINE, [HOLE])

    covered = run(
        "geometry.js", "(m, [rings, place]) => m.covers(rings, place)", [[OUTLINE, HOLE], place]
    )

    assert covered is polygon.covers(Point(place))


@pytest.mark.parametrize(
    ("rings", "problem"),
    [
        ([OUTLINE], None),
        ([OUTLINE, HOLE], None),
        ([OUTLINE[:2]], "too-few"),
        ([[[0, 0], [10, 10], [10, 0], [0, 10]]], "crossing"),
        ([[[0, 0], [10, 0], [5, 0]]], "crossing"),  # back on itself
        ([[[0, 0], [10, 0], [10, 10], [5, 0], [0, 10]]], "crossing"),  # touches itself
        ([[[0, 0], [190, 0], [0, 10]]], "out-of-range"),
        ([OUTLINE, [[8, 4], [12, 4], [12, 6]]], "hole-outside"),
        ([OUTLINE, [[20, 4], [22, 4], [22, 6]]], "hole-outside"),
        ([OUTLINE, HOLE, [[5, 5], [8, 5], [8, 8]]], "holes-overlap"),
        ([OUTLINE, HOLE, [[4.5, 4.5], [5, 4.5], [5, 5]]], "holes-overlap"),  # one in the other
    ],
)
def test_problem_of_a_drawing_agrees_with_the_server(run, rings, problem):
    found = run("geometry.js", "(m, rings) => m.findProblem(rings)?.problem ?? null", rings)

    assert found == problem
    if problem is None or len(rings[0]) > 2:
        is_on_the_globe = all(abs(x) <= 180 for ring in rings for x, _ in ring)
        assert (Polygon(rings[0], rings[1:]).is_valid and is_on_the_globe) is (problem is None)


def test_area_of_one_degree_at_the_equator(run):
    square = [[0, -0.5], [1, -0.5], [1, 0.5], [0, 0.5]]

    area = run("geometry.js", "(m, rings) => m.areaInSquareKilometres(rings)", [square])

    assert area == pytest.approx(12_364, rel=0.001)


@pytest.mark.parametrize(
    ("longitude", "wrapped"), [(179, 179), (180, 180), (190, -170), (-541, 179)]
)
def test_longitude_wraps(run, longitude, wrapped):
    assert run("geometry.js", "(m, it) => m.wrapLongitude(it)", longitude) == pytest.approx(wrapped)
