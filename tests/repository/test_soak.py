"""The table of the long runs: every row is a test that is there, and says how often it tried."""

import pytest

from tools import soak


@pytest.mark.parametrize("row", soak.ROWS, ids=lambda row: row.name)
def test_a_row_is_a_test_that_counts(row):
    file, _, name = row.test.partition("::")
    body = (soak.ROOT / file).read_text().partition(f"def {name}(")[2].partition("\ndef ")[0]
    assert "times(" in (soak.ROOT / file).read_text()
    assert 'record_property("n", ' in body


def test_no_two_rows_are_called_alike():
    assert len({row.name for row in soak.ROWS}) == len(soak.ROWS)


def test_three_hundred_without_a_failure_are_less_than_one_percent():
    assert soak.bound(298) == pytest.approx(0.01, abs=1e-5)
    assert (1 - soak.bound(50)) ** 50 == pytest.approx(0.05)


def test_the_table_says_what_was_not_run_and_what_failed():
    done = {"n": 1_000, "note": "", "minutes": 3.0, "date": "2026-01-01", "machine": "two cores"}
    first, second = soak.ROWS[:2]
    lines = soak.table({first.name: done | {"passed": True}, second.name: done | {"passed": False}})
    assert f"| {first.name} | 1,000 | {first.failure} | 0 | 0.30% | 3.0 |" in lines
    assert f"| {second.name} | 1,000 | {second.failure} | the run failed |  |" in lines
    assert lines.count("not run yet") == len(soak.ROWS) - 2
    assert lines.endswith("Machine: two cores.\n")
