"""manage.py find_patterns: files in, patterns out."""

import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from errors.management.commands.find_patterns import Command
from tests.benchmarks._send_logs import make, write_csv


@pytest.fixture(scope="module")
def log():
    return make("several", 1702, 20_000)


@pytest.fixture(scope="module")
def files(log, tmp_path_factory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("logs")
    paths = folder / "current.csv", folder / "baseline.csv"
    for path, window in zip(paths, (log.current, log.baseline), strict=True):
        write_csv(path, window, log.names)
    return paths


def answer(capsys, *arguments: object) -> dict:
    call_command("find_patterns", "--json", *map(str, arguments))
    return json.loads(capsys.readouterr().out)


def test_finds_what_was_planted_in_files_with_its_numbers(log, files, capsys):
    current, baseline = files
    given = answer(capsys, "--current", current, "--baseline", baseline)
    by_attributes = {tuple(sorted(one["attributes"].items())): one for one in given["patterns"]}
    assert set(by_attributes) == {tuple(sorted(slice.items())) for slice in log.truth}
    for planted, chosen in zip(log.truth, log.planted, strict=True):
        one = by_attributes[tuple(sorted(planted.items()))]
        mask = log.current.within(chosen)
        assert (one["attempts"], one["failures"]) == (mask.sum(), log.current.failed[mask].sum())
        assert one["expected"] == pytest.approx(log.current.chance[mask].sum(), rel=0.35)
        assert one["lift"] == pytest.approx(one["failures"] / one["expected"], rel=0.01)
        assert 0 <= one["p_value"] < 1e-4
        assert one["error_code"].isdigit()
    excess = [one["excess"] for one in given["patterns"]]
    assert excess == sorted(excess, reverse=True)
    assert given["compared_with"] == "baseline"
    assert given["current"]["lines"] == 20_000
    assert given["seconds"] > 0


def test_without_a_baseline_compares_with_the_rest_and_says_so(files, capsys):
    given = answer(capsys, "--current", files[0])
    assert given["compared_with"] == "rest"
    assert given["baseline"] is None
    assert "want of a baseline" in given["remark"]


def test_a_higher_floor_leaves_less(files, capsys):
    current, baseline = files
    few = answer(capsys, "--current", current, "--baseline", baseline, "--min-excess", 10_000)
    assert few["patterns"] == []
    none = answer(capsys, "--current", current, "--baseline", baseline, "--min-ratio", 50)
    assert none["patterns"] == []


def test_tells_the_patterns_in_sentences(files, capsys):
    call_command("find_patterns", "--current", str(files[0]), "--baseline", str(files[1]))
    said = capsys.readouterr().out
    assert "concentrate in sends" in said
    assert "caused" not in said


def test_says_that_nothing_was_found(files, capsys):
    call_command("find_patterns", "--current", str(files[1]), "--baseline", str(files[1]))
    assert "No pattern" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--min-excess", "0"], "--min-excess 0"),
        (["--min-ratio", "1"], "--min-ratio 1"),
        (["--min-ratio", "nan"], "--min-ratio nan"),
        (["--baseline", "nowhere.csv"], "nowhere.csv: No such file"),
    ],
)
def test_refuses_what_it_cannot_do(files, arguments, message):
    with pytest.raises(CommandError, match=message):
        call_command("find_patterns", "--current", str(files[0]), *arguments)


def test_a_file_that_is_no_log_is_refused(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(CommandError, match=r"list\.csv: line 1 does not name message_ref"):
        call_command("find_patterns", "--current", str(path))


def test_its_help_can_be_printed():
    assert "0.05% of the attempts" in " ".join(
        Command().create_parser("manage.py", "find_patterns").format_help().split()
    )
