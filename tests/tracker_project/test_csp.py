import pytest

from tracker_project.csp import tile_origins


@pytest.mark.parametrize(
    ("url", "origins"),
    [
        ("", []),
        ("https://tiles.example.org/{z}/{x}/{y}.png", ["https://tiles.example.org"]),
        ("https://{s}.tiles.example.org:8443/{z}/{x}/{y}", ["https://*.tiles.example.org:8443"]),
    ],
)
def test_images_may_come_from_the_tile_server_only(url, origins):
    assert tile_origins(url) == origins
