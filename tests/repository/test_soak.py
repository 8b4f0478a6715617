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


@pytest.mark.parametrize(("failures", "n", "bound"), [(0, 300, 0.00994), (3, 300, 0.0256)])
def test_the_bound_is_that_of_clopper_and_pearson(failures, n, bound):
    assert soak.bound(n, failures) == pytest.approx(bound, abs=1e-4)
    assert soak.bound(n, n) == 1
    assert soak.bound(100_000) == pytest.approx(3e-5, rel=0.01)


def test_the_cases_of_a_test_add_up(tmp_path):
    case = '<testcase><properties><property name="n" value="{}"/>{}</properties></testcase>'
    note = '<property name="note" value="slow"/>'
    failed = '<property name="failures" value="2"/>'
    text = f"<suite>{case.format(3, note)}{case.format(4, note + failed)}<testcase/></suite>"
    (tmp_path / "report.xml").write_text(text)
    said = soak.counts(tmp_path / "report.xml")
    assert said == {"n": 7, "failures": 2, "note": "slow"}
    assert soak.counts(tmp_path / "none.xml") == {"n": 0, "failures": 0, "note": ""}


def test_trials_of_several_days_add_up_until_they_are_enough():
    first = {"n": 8, "failures": 0, "note": "8", "minutes": 3.7, "passed": True, "date": "a"}
    second = {"n": 290, "failures": 1, "note": "9", "minutes": 80.0, "passed": True, "date": "b"}
    both = soak.together(first, second)
    assert both == second | {"n": 298, "failures": 1, "minutes": 83.7}
    assert not soak.together(first, second | {"passed": False})["passed"]
    row = soak.Row("x", "y", "z", 300, adds=True)
    assert not soak.done_with(row, None)
    assert not soak.done_with(row, both)
    assert soak.done_with(row, both | {"n": 300})
    assert not soak.done_with(row, both | {"n": 300, "passed": False})
    assert soak.done_with(soak.Row("x", "y", "z", 300), both)  # its trials are the same each time


def test_the_table_says_what_was_not_run_and_what_failed():
    done = {"n": 1_000, "note": "", "minutes": 3.0, "date": "2026-01-01", "machine": "two cores"}
    first, second, third = soak.ROWS[:3]
    lines = soak.table(
        {
            first.name: done | {"passed": True},
            second.name: done | {"passed": False},
            third.name: done | {"passed": True, "failures": 3},
        }
    )
    target = f"{first.target:,}"
    assert f"| {first.name} | 1,000 | {target} | {first.failure} | 0 | 0.30% | 3.0 |" in lines
    assert f"| {second.failure} | the run failed |  |" in lines
    assert f"| {third.failure} | 3 | 0.77% |" in lines
    assert lines.count("not run yet") == len(soak.ROWS) - 3
    assert lines.endswith("Machine: two cores.\n")
