"""drawing.js: an outline with holes, step by step."""

DRAW = """
    const drawing = new Drawing();
    for (const point of [[0, 0], [9, 0], [9, 9]]) drawing.append(point);
"""


def draw(run, steps):
    """Draw a triangle, take more steps, and return the GeoJSON."""
    return run(
        "drawing.js", f"({{ Drawing }}) => {{ {DRAW} {steps}; return drawing.toGeoJSON(); }}"
    )


def test_rings_are_closed_in_geojson(run):
    assert draw(run, "")["coordinates"] == [[[0, 0], [9, 0], [9, 9], [0, 0]]]


def test_every_step_can_be_undone(run):
    steps = """
        drawing.insert(0, 1, [5, -5]);
        drawing.remove(0, 0);
        drawing.startHole();
        drawing.append([8, 1]);
        drawing.checkpoint();
        drawing.place(0, 0, [7, 7]);
        drawing.clear();
        for (let step = 0; step < 6; step += 1) drawing.undo();
    """

    assert draw(run, steps) == draw(run, "")


def test_hole_that_lost_its_last_point_is_gone(run):
    assert draw(run, "drawing.startHole(); drawing.append([8, 1]); drawing.remove(1, 0)") == draw(
        run, ""
    )


def test_nothing_drawn_is_no_geometry(run):
    assert draw(run, "drawing.clear()") is None


def test_feature_with_a_hole_is_taken_over(run):
    geometry = {
        "type": "Polygon",
        "coordinates": [[[0, 0], [9, 0], [9, 9], [0, 0]], [[8, 2], [8, 3], [7, 3], [8, 2]]],
    }
    function = "({ Drawing }, it) => { const d = new Drawing(); d.load(it); return d.toGeoJSON(); }"

    assert run("drawing.js", function, {"type": "Feature", "geometry": geometry}) == geometry


def test_other_geojson_is_refused_with_advice(run):
    function = """({ Drawing }, many) => many.map((it) => {
        try { new Drawing().load(it); } catch (error) { return error.message; }
    })"""
    many = [
        None,
        [],
        {"type": "Point", "coordinates": [0, 0]},
        {"type": "Polygon", "coordinates": [[["a", 1]]]},
    ]

    messages = run("drawing.js", function, many)

    assert messages == ["Expected a GeoJSON Polygon with rings of [longitude, latitude]."] * 4
