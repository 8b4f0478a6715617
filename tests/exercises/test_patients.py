"""The clinic's cases keep their promises: a sample here, twenty seeds in ``tools.clinic``.

Sick programs show their symptom and fail for their own reason, healed ones pass, tempting repairs
fail with the words of what they leave unhealed; and nothing above the third hint tells the line.
"""

import inspect
import json
import re
import types

import pytest

from gan_lessons import checks
from gan_lessons.checks import overview, patient
from gan_lessons.checks.exercise import Unsolved
from tools import clinic

CASES = clinic.cases()
each_case = pytest.mark.parametrize("name", CASES)
PROGRAMS = [(name, key) for name, case in CASES.items() for key in clinic.programs(case)]
NUMBERS = {"clinic_plane": "22a", "clinic_images": "22b"}
SEED = 0  # the one that a learner meets


@pytest.mark.parametrize(("name", "key"), PROGRAMS)
def test_a_program_is_found_sick_or_healed(name, key):
    case = CASES[name]
    found = clinic.examined(case, *clinic.programs(case)[key], SEED)
    assert found["solved" if key == "healed" else "told"], found["text"]
    assert len(found["text"]) <= 400
    if key == "sick":
        assert found["symptom"]


@each_case
def test_a_case_is_whole(name):
    case = CASES[name]
    assert len(case.table.slips) >= 4, "what makes it sick, and three repairs"
    assert case.severity in patient.SEVERITIES
    assert case.cause in case.thoughts
    assert len(case.thoughts) >= 3
    assert all(len(thought.reply) <= 300 for thought in case.thoughts.values())
    assert len(set(case.hints)) == 3
    assert case.is_as_it_came(case.sick)
    assert not case.is_as_it_came(case.healed)


@each_case
def test_nothing_tells_the_line_before_the_third_hint(name):
    """The lines that heal stand in no title, hypothesis, first or second hint."""
    case = CASES[name]
    sick = set(map(str.strip, case.table.sick.splitlines()))
    right = set(map(str.strip, case.table.right.splitlines()))
    told = [case.title, *case.hints[:2], *(t.text + t.reply for t in case.thoughts.values())]
    for line in (right - sick) | (sick - right):
        if len(line) > 12:
            assert not any(line in text for text in told), line


@each_case
def test_the_calibration_is_of_this_case_and_holds(name):
    entry = json.loads(clinic.KEPT.read_text(encoding="utf-8")).get(name, {})
    assert entry.get("digest") == clinic.digest(name), "changed since: python -m tools.clinic"
    assert clinic.holds(name, entry["programs"])


def test_the_table_is_the_kept_results():
    assert clinic.TABLE.read_text(encoding="utf-8") == clinic.table(clinic.load())


# -- how a case answers ------------------------------------------------------------------------

RIGHT = """
def program(x, steps):
    return x[:200] + 0.0, {"D": [0.0, 1.0]}
"""
A_SLIP = patient.Slip("x[:200] + 0.0", "x[:200] + 1.0", "far away")


def a_case(**more) -> patient.Patient:
    """Return a case that trains nothing: samples must lie where the data are."""
    import torch

    def visit(program, seed):
        return patient.Visit(
            program, torch.linspace(-0.1, 0.1, 600).reshape(300, 2), steps=3, seed=seed
        )

    def near(seen):
        return "they are far away." if seen.samples.abs().max() > 0.5 else None

    return patient.Patient(
        title="They are elsewhere",
        proves="they are here.",
        hints=("one", "two", "three"),
        asks="Examine it.",
        severity="silent",
        thoughts={"a": patient.Thought("It is a.", "no."), "b": patient.Thought("It is b.", "so.")},
        cause="b",
        chart=patient.Chart(RIGHT, (A_SLIP, patient.Slip("+ 1.0", "+ 0.9", "far away"))),
        facts=(near,),
        visit=visit,
        symptom=lambda seen: seen.samples.min() > 0.5,
        recovery=lambda seen: {"distance": f"{seen.samples.abs().max():.1f}"},
        **more,
    )


def test_a_repair_is_a_change_of_the_sick_program():
    table = a_case().table
    assert "+ 1.0" in table.sick
    assert "+ 0.9" in table.slipped(table.slips[1])
    assert table.slipped(table.slips[0]) == table.sick
    assert "− " in table.changed(table.slips[1])
    assert "+ 0.9" in table.changed(table.slips[1])
    assert "+ 1.0" in table.changed(table.slips[1]).splitlines()[0]
    assert [text.partition(";")[0] for _, text in a_case().rows()] == [
        "this makes it sick.",
        "heals nothing",
    ]


def test_an_unedited_program_is_not_examined_and_costs_no_hint(capsys):
    case = a_case()

    def other_name(x, steps):  # with a comment
        return x[:200] + 1.0, {"D": [0.0, 1.0]}

    case(other_name)
    assert capsys.readouterr().out.startswith("○ They are elsewhere: the program is as it came")
    assert case.failures == 0
    assert not case.solved


def test_an_edited_program_is_examined(capsys):
    case = a_case()
    case(lambda x, steps: (x[:200] + 2.0, {"D": [0.0, 1.0]}))
    said = capsys.readouterr().out
    assert said.startswith("✗ They are elsewhere: they are far away.")
    assert "Hint 1 of 3: one" in said
    case(lambda x, steps: (x[:200] * 1.0, {"D": [0.0, 1.0]}))
    assert "✓ They are elsewhere: they are here. Sick → healed: distance 1.0 → 0.1." in (
        capsys.readouterr().out
    )


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (None, "the return is missing"),
        (3, "samples and curves come back"),
        ((1, 2), "samples and curves come back"),
    ],
)
def test_what_does_not_fit_the_form_is_told(result, said):
    assert said in a_case().judge(lambda x, steps: result).text


def test_a_program_that_stops_is_told_so():
    def program(x, steps):
        raise ValueError("so it is")

    outcome = a_case().judge(program)
    assert outcome.mark == "✗"
    assert "ValueError: so it is" in outcome.text


def test_the_first_hypothesis_counts(capsys):
    case = a_case()
    case.because(...)
    assert case.first is None
    case.because("z")
    assert case.first is None
    case.because("a")
    case.because("b")
    assert (case.first, case.named) == ("a", True)
    said = capsys.readouterr().out
    assert "○ They are elsewhere: no hypothesis yet" in said
    assert "✗ They are elsewhere, a: no." in said
    assert "✓ They are elsewhere, b: so." in said


def test_strictly_an_open_case_is_an_error(monkeypatch):
    monkeypatch.setenv("GAN_LESSONS_STRICT", "1")
    case = a_case()
    with pytest.raises(Unsolved):
        case.because("a")
    with pytest.raises(Unsolved):
        case(case.sick)
    case.because("b")
    case(case.healed)
    assert case.solved


def test_sick_beside_healed_waits_for_the_repair(capsys):
    case = a_case()
    assert case.beside() is None
    assert "once it is ✓" in capsys.readouterr().out
    case(case.healed)
    assert "before and after" in case.beside().sentence


def test_the_ward_counts(capsys):
    case, other = a_case(), a_case()
    lesson = types.SimpleNamespace(one=case, two=other)
    case.because("b")
    case(case.healed)
    capsys.readouterr()
    patient.ward(lesson)
    said = capsys.readouterr().out
    assert "1 of 2 healed, 1 named at the first try" in said
    assert "They are elsewhere: no hypothesis, sick" in said


@pytest.mark.parametrize("word", ["clinic_plane", "clinic_images"])
def test_the_ward_lists_the_cases_as_the_lesson_brings_them(word, capsys):
    lesson = getattr(checks, word)
    (source,) = (clinic.ROOT / "notebooks" / "source").glob(f"{NUMBERS[word]}_*.py")
    brought = re.findall(rf"^checks\.{word}\.(\w+)\(", source.read_text("utf-8"), re.MULTILINE)
    assert [overview.name_of(one) for one in patient.in_order(lesson)] == [
        f"{word}.{name}" for name in brought
    ]
    assert len(brought) == 10
    patient.ward(lesson)
    titles = [getattr(lesson, name).title for name in brought]
    said = capsys.readouterr().out
    assert [line[5:].partition(":")[0] for line in said.splitlines()[1:]] == titles


def test_where_a_program_stops_is_said(capsys):
    def program():
        raise RuntimeError("no way")

    patient.stops(program)
    assert "RuntimeError: no way" in capsys.readouterr().out


def test_whatever_a_program_is_called_it_is_the_same_one():
    same = a_case()
    changed = types.FunctionType(same.healed.__code__, {})
    assert not same.is_as_it_came(changed)
    assert not same.is_as_it_came(3)
    assert inspect.isfunction(same.sick)
