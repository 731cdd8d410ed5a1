from benchmarks.measurement import Measurement
from benchmarks.report import Report
from benchmarks.systems import GUNICORN, ORIGINAL, OURS


def measured(*samples: float, more_is_better: bool = False, remark: str = "") -> Measurement:
    return Measurement("row", "goal", "ms", list(samples), more_is_better, remark)


def row_of(report: Report) -> list[str]:
    return [cell.strip() for cell in report.table().splitlines()[2].split("|")[1:-1]]


def test_a_row_has_medians_and_how_many_times_better_ours_is() -> None:
    report = Report([OURS, ORIGINAL, GUNICORN])
    report.add(OURS, measured(1, 2, 900))
    report.add(ORIGINAL, measured(50, 50, 50, remark="7 lost"))

    assert row_of(report) == ["row", "goal", "2 ms", "50 ms (25x), 7 lost", "-"]


def test_where_more_is_better_the_ratio_turns_round() -> None:
    report = Report([OURS, ORIGINAL])
    report.add(OURS, measured(6000, more_is_better=True))
    report.add(ORIGINAL, measured(1500, more_is_better=True))

    assert row_of(report)[2:] == ["6,000 ms", "1,500 ms (4x)"]


def test_a_row_without_ours_has_no_ratios() -> None:
    report = Report([OURS, ORIGINAL])
    report.add(ORIGINAL, measured(50))

    assert row_of(report)[2:] == ["-", "50 ms"]


def test_a_note_is_printed_once() -> None:
    report = Report([OURS])
    for _ in range(2):
        report.note("no Python 3.7 found")

    assert report.table().count("no Python 3.7 found") == 1


def test_a_later_round_adds_to_the_repetitions() -> None:
    report = Report([OURS])
    report.add(OURS, measured(1, 2))
    report.add(OURS, measured(30))

    assert row_of(report)[2:] == ["2 ms"]


def test_what_two_rounds_have_to_say_is_said_once_or_twice() -> None:
    report = Report([OURS])
    for remark in ("", "7 lost", "7 lost", "9 lost"):
        report.add(OURS, measured(1, remark=remark))

    assert row_of(report)[2:] == ["1 ms, 7 lost; then 9 lost"]
