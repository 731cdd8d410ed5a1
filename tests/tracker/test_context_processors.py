from tracker.context_processors import tile


def test_there_is_no_tile_server_by_default(rf, settings):
    settings.TRACKER_TILE_URL = ""
    assert tile(rf.get("/")) == {"tile": {}}


def test_templates_know_the_tile_server_of_the_settings(rf, settings):
    settings.TRACKER_TILE_URL = "https://tiles.example.org/{z}/{x}/{y}.png"
    settings.TRACKER_TILE_ATTRIBUTION = "© somebody"
    assert tile(rf.get("/")) == {
        "tile": {
            "url": "https://tiles.example.org/{z}/{x}/{y}.png",
            "attribution": "© somebody",
        }
    }
