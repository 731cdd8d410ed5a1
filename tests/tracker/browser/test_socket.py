"""socket.js: how long it waits."""

import pytest


@pytest.mark.parametrize(
    ("failures", "longest"), [(0, 1_000), (1, 2_000), (2, 4_000), (3, 8_000), (50, 8_000)]
)
def test_backoff_doubles_up_to_eight_seconds_and_is_spread(run, failures, longest):
    shortest, middle, top = run(
        "socket.js", "(m, n) => [0, 0.5, 1].map((chance) => m.backoff(n, () => chance))", failures
    )

    assert (shortest, middle, top) == (longest / 2, longest * 0.75, longest)
