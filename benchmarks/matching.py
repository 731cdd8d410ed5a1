"""How long one incident takes to find the areas that watch it.

    python -m benchmarks.matching                                          # 10,000 areas on SQLite
    DATABASE_URL=postgis://user@host/name python -m benchmarks.matching    # 100,000 on PostGIS

Areas are irregular polygons of 6 to 20 points and 10 to 100 km across, three quarters of them in a
hundred crowded places. The table is made in a test database of its own, which is deleted again.
Times are those of the query with its rows as objects, and of the query alone.
"""

import math
import os
import random
import statistics
import time
from collections.abc import Callable

import django
from shapely import Point, Polygon

WARM_UP, REPEATS = 20, 300
AREAS = {"sqlite": 10_000, "postgresql": 100_000}
TARGET_MS = {"sqlite": 50, "postgresql": 5}
SEED = 5


def main() -> None:
    """Make the areas, measure, and print what was found."""
    from django.db import connection  # needs the settings

    name = connection.creation.create_test_db(verbosity=0, serialize=False)
    try:
        vendor = connection.vendor
        places = make_areas(AREAS[vendor])
        if vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE tracker_areaofinterest")
        measure(vendor, places)
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


def make_areas(count: int) -> list[tuple[float, float]]:
    """Fill the table; returns the crowded places."""
    from django.db.models import QuerySet  # needs the settings

    from tracker.models import AreaOfInterest, Severity

    rng = random.Random(SEED)
    places = [(rng.uniform(-170, 170), rng.uniform(-60, 65)) for _ in range(100)]
    areas = (
        AreaOfInterest(
            name=f"Area {number}",
            severity=rng.choice(Severity.values),
            polygon=polygon(rng, places),
        )
        for number in range(count)
    )
    # The plain queryset: the log of the tracker is not what is measured.
    QuerySet(AreaOfInterest).bulk_create(areas, batch_size=1000)
    return places


def polygon(rng: random.Random, places: list[tuple[float, float]]) -> Polygon:
    """An irregular polygon around a place, crowded or not."""
    if rng.random() < 0.75:
        x, y = rng.choice(places)
        x, y = x + rng.gauss(0, 2), y + rng.gauss(0, 2)
    else:
        x, y = rng.uniform(-175, 175), rng.uniform(-70, 75)
    radius, corners = rng.uniform(0.05, 0.5), rng.randint(6, 20)
    angles = [2 * math.pi * corner / corners for corner in range(corners)]
    reaches = [radius * rng.uniform(0.6, 1) for _ in angles]
    return Polygon(
        (x + reach * math.cos(angle), y + reach * math.sin(angle))
        for angle, reach in zip(angles, reaches, strict=True)
    )


def measure(vendor: str, places: list[tuple[float, float]]) -> None:
    """Match incidents in the crowded places, the hardest case."""
    from tracker.models import AreaOfInterest, Incident, Severity  # needs the settings

    rng = random.Random(SEED + 1)
    incidents = [
        Incident(location=Point(x, y), severity=Severity.URGENT)
        for x, y in (rng.choice(places) for _ in range(WARM_UP + REPEATS))
    ]
    found = [AreaOfInterest.objects.alerted_by(incident).count() for incident in incidents]
    print(f"{vendor}: {AreaOfInterest.objects.count():,} areas, {REPEATS} incidents,", end=" ")
    print(f"{statistics.mean(found):.0f} areas watch each; target {TARGET_MS[vendor]} ms")
    times = timed(lambda incident: list(AreaOfInterest.objects.alerted_by(incident)), incidents)
    report("rows as objects", times)
    times = timed(lambda incident: AreaOfInterest.objects.alerted_by(incident).count(), incidents)
    report("query alone", times)


def timed(match: Callable[[object], object], incidents: list[object]) -> list[float]:
    """Milliseconds for each incident, sorted; the first ones only warm up."""
    times = []
    for incident in incidents:
        started = time.perf_counter()
        match(incident)
        times.append((time.perf_counter() - started) * 1000)
    return sorted(times[WARM_UP:])


def report(what: str, times: list[float]) -> None:
    """Print the median and the slow end."""
    print(f"  {what:16} median {times[len(times) // 2]:.2f} ms, ", end="")
    print(f"99 % under {times[int(len(times) * 0.99)]:.2f} ms")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tracker_project.settings")
    if not os.environ.get("DATABASE_URL"):
        os.environ["DATABASE_URL"] = "sqlite://:memory:"
    django.setup()
    main()
