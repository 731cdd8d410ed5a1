from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db.utils import ConnectionHandler

from tracker_project.database import database


@pytest.mark.parametrize("scheme", ["postgis", "postgres", "postgresql"])
def test_postgresql_takes_django_s_plain_backend(scheme):
    config = database(f"{scheme}://me:secret@db.example.org:5433/incidents?sslmode=require")
    assert config["ENGINE"] == "django.db.backends.postgresql"
    assert (config["USER"], config["PASSWORD"]) == ("me", "secret")
    assert (config["HOST"], config["PORT"], config["NAME"]) == ("db.example.org", 5433, "incidents")
    assert config["OPTIONS"] == {"sslmode": "require"}


def test_any_other_database_is_refused_with_advice():
    with pytest.raises(ImproperlyConfigured, match=r"starts with 'mysql'.*sqlite:///.*postgis://"):
        database("mysql://localhost/incidents")


@pytest.fixture
def connections(tmp_path, django_db_blocker):
    """Connections to an SQLite file of this test's own, one for each thread."""
    handler = ConnectionHandler({"default": database(f"sqlite:///{tmp_path / 'db.sqlite3'}")})
    with django_db_blocker.unblock():
        yield handler
        handler.close_all()


def test_concurrent_transactions_on_sqlite_wait_for_each_other(connections):
    with connections["default"].cursor() as cursor:
        cursor.execute("CREATE TABLE counter (value INTEGER)")
        cursor.execute("INSERT INTO counter VALUES (0)")

    def count(_thread: int) -> None:
        connection = connections["default"]
        for _ in range(20):
            connection.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
            with connection.cursor() as cursor:
                cursor.execute("SELECT value FROM counter")
                [value] = cursor.fetchone()
                cursor.execute("UPDATE counter SET value = %s", [value + 1])
            connection.commit()
            connection.set_autocommit(True)
        connection.close()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(count, range(4)))

    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT value FROM counter")
        assert cursor.fetchone() == (80,)
