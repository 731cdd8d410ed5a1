from typing import Any

import pytest
from django.db import DatabaseError, connection

from channels.layers.exceptions import LayerUnavailable

pytestmark = pytest.mark.django_db


def test_a_server_with_a_worker_is_healthy(client):
    assert client.get("/healthz").content == b"ok\n"


def test_a_server_whose_database_and_layer_answer_is_ready(client):
    response = client.get("/readyz")
    assert (response.status_code, response.json()) == (200, {"ready": True, "problems": {}})


def test_a_server_without_a_layer_is_not_ready(client, layer, monkeypatch):
    def away() -> None:
        raise LayerUnavailable("Redis does not answer.")

    monkeypatch.setattr(layer.channel_layer, "ping", away)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["problems"] == {"channel_layer": "Redis does not answer."}


def test_a_server_without_a_database_is_not_ready(client, monkeypatch):
    def away(*args: Any) -> None:
        raise DatabaseError("No connection")

    monkeypatch.setattr(connection, "cursor", away)
    assert client.get("/readyz").json()["problems"] == {"database": "No connection"}


def test_the_metrics_say_how_far_the_relay_is_behind(client, make_incident):
    make_incident().save()
    text = client.get("/metrics").content.decode()
    assert "tracker_relay_waiting 1.0" in text
    assert "tracker_relay_lag_seconds" in text
    assert "tracker_consumer_seconds_bucket" in text
