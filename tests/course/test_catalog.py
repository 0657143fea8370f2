"""Katas are found wherever they lie, and a broken one never hides the others."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from ml_katas.course.catalog import Catalog
from ml_katas.course.sources import SOURCES, KataSource, bundled
from ml_katas.errors import InvalidKata, UnknownKata, UsageError


@pytest.fixture(autouse=True)
def no_bundled_course(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the fixture course as the only one."""
    monkeypatch.setattr("ml_katas.course.sources.bundled_course", lambda: None)


def slugs(catalog: Catalog) -> list[str]:
    return [entry.slug for entry in catalog.entries]


def test_bundled_course_lies_beside_the_package() -> None:
    """The bundled course and its tracks are found in a checkout."""
    katas = bundled("katas")
    assert katas is not None
    assert (katas / "tracks.toml").is_file()


def test_entries_carry_the_facts_of_kata_toml(course: Path) -> None:
    """An entry says where a kata lies, which track it is in and what its facts are."""
    entry = Catalog.load(course).entries[0]
    assert (entry.slug, entry.folder) == ("tiny-double", course / "tiny-double")
    assert (entry.track, entry.track_title, entry.title) == ("tiny", "Tiny steps", "Double a number")
    assert (entry.difficulty, entry.minutes, entry.tags) == ("easy", 1, ("numbers",))
    assert entry.problem is None


@pytest.mark.parametrize(
    "name", ["tiny-double", "tiny_double", "tiny_double.py", "./work/tiny_double.py", "tiny-d", "TINY-DOUBLE"]
)
def test_names_are_forgiving(course: Path, name: str) -> None:
    """A slug, a file name and a unique beginning all lead to the kata."""
    assert Catalog.load(course).find(name).slug == "tiny-double"


def test_exact_name_wins_over_longer_ones(course: Path) -> None:
    """A kata whose name begins another's is found by its own name."""
    shutil.copytree(course / "tiny-sum", course / "tiny-sum-twice")
    assert Catalog.load(course).find("tiny-sum").slug == "tiny-sum"


def test_mistyped_name_gets_near_misses(course: Path) -> None:
    """A mistyped name raises UnknownKata with the nearest kata and the command that lists them."""
    with pytest.raises(UnknownKata) as caught:
        Catalog.load(course).find("tiny-duoble")
    assert str(caught.value) == (
        "No kata called 'tiny-duoble'. Did you mean 'tiny-double'? `mlkata list` shows them all."
    )


def test_ambiguous_beginning_names_what_it_could_mean(course: Path) -> None:
    """A beginning that several katas share raises UnknownKata with those katas."""
    with pytest.raises(UnknownKata, match="Did you mean 'tiny-double' or 'tiny-sum'"):
        Catalog.load(course).find("tiny")


@pytest.mark.parametrize("name", ["", ".py", "/"])
def test_empty_names_are_unknown(course: Path, name: str) -> None:
    """A name without letters is unknown, not the beginning of every kata."""
    with pytest.raises(UnknownKata):
        Catalog.load(course).find(name)


def test_broken_kata_is_listed_with_its_problem(course: Path) -> None:
    """A broken kata keeps its place in the list, says file and line, and hides no other."""
    (course / "tiny-double" / "kata.toml").write_text('title = "T"\nminutes = "ten"\n')
    first, second = Catalog.load(course).entries
    assert isinstance(first.problem, InvalidKata)
    assert first.problem.path == course / "tiny-double" / "kata.toml"
    assert (second.slug, second.problem) == ("tiny-sum", None)


def test_folder_that_is_no_slug_is_a_problem(course: Path) -> None:
    """A kata in a folder that is no slug is listed with what its name must look like."""
    (course / "tiny-sum").rename(course / "Tiny_Sum")
    entry = next(e for e in Catalog.load(course).entries if e.slug == "Tiny_Sum")
    assert "must be a slug" in str(entry.problem)


def test_folders_without_kata_files_are_no_katas(course: Path) -> None:
    """Empty folders, hidden folders and stray files are not listed."""
    (course / "notes").mkdir()
    shutil.copytree(course / "tiny-sum", course / ".tiny-sum")
    (course / "README.md").write_text("hello")
    assert slugs(Catalog.load(course)) == ["tiny-double", "tiny-sum"]


def test_katas_without_a_track_come_last(course: Path) -> None:
    """A kata that no track names is listed after the tracks, without one."""
    shutil.copytree(course / "tiny-sum", course / "aaa")
    entries = Catalog.load(course).entries
    assert [(e.slug, e.track) for e in entries] == [
        ("tiny-double", "tiny"),
        ("tiny-sum", "tiny"),
        ("aaa", ""),
    ]


def test_first_source_wins_and_the_hidden_kata_is_reported(
    course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two katas of one name the earlier source's is found and the other is reported as hidden."""
    for name in ("one", "two"):
        shutil.copytree(course / "tiny-sum", tmp_path / name / "tiny-sum")
    paths = [tmp_path / "one", tmp_path / "two", tmp_path / "one"]
    monkeypatch.setenv("MLKATA_PATH", os.pathsep.join(map(str, paths)))
    catalog = Catalog.load(course)
    assert catalog.sources == (course, tmp_path / "one", tmp_path / "two")
    assert catalog.find("tiny-sum").folder == course / "tiny-sum"
    assert [hidden.folder for hidden in catalog.hidden] == [p / "tiny-sum" for p in paths[:2]]
    assert {hidden.by for hidden in catalog.hidden} == {course / "tiny-sum"}


def test_sources_keep_their_order(course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """MLKATA_PATH is searched from left to right."""
    for name in ("b", "a"):
        shutil.copytree(course / "tiny-sum", tmp_path / name / f"extra-{name}")
    monkeypatch.setenv("MLKATA_PATH", f"{tmp_path / 'b'}{os.pathsep}{os.pathsep}{tmp_path / 'a'}")
    assert Catalog.load().slugs == ("extra-b", "extra-a")


def test_a_setting_stands_in_for_the_variable(
    course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder of the setting `katas` is searched where MLKATA_PATH names none; a wrong one is reported."""
    shutil.copytree(course / "tiny-sum", tmp_path / "own" / "own-sum")
    assert Catalog.load(configured=tmp_path / "own").slugs == ("own-sum",)
    wrong = Catalog.load(configured=tmp_path / "nowhere").problems
    assert [problem.message for problem in wrong] == [
        f"The setting 'katas' names {tmp_path / 'nowhere'}, which is not a folder."
    ]
    monkeypatch.setenv("MLKATA_PATH", str(course))
    assert Catalog.load(configured=tmp_path / "own").slugs == ("tiny-double", "tiny-sum")


def test_a_source_more_is_an_entry_of_the_table(
    course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What stands in SOURCES is searched in its order, and named where its folder is wrong."""
    shutil.copytree(course / "tiny-sum", tmp_path / "pack" / "packed-sum")
    packs = KataSource("The pack", lambda given: [tmp_path / "pack", tmp_path / "gone"])
    monkeypatch.setattr("ml_katas.course.sources.SOURCES", (packs, *SOURCES))
    catalog = Catalog.load(course)
    assert catalog.slugs == ("packed-sum", "tiny-double", "tiny-sum")
    assert [problem.message for problem in catalog.problems] == [
        f"The pack names {tmp_path / 'gone'}, which is not a folder."
    ]


def test_track_naming_a_missing_kata_is_a_problem_with_its_line(course: Path) -> None:
    """A track's wrong name is reported with file, line and the nearest kata; the others stay."""
    tracks = course / "tracks.toml"
    tracks.write_text(
        '[[track]]\nname = "tiny"\ntitle = "T"\nkatas = [\n    "tiny-double",\n    "tiny-smu",\n]\n'
    )
    catalog = Catalog.load(course)
    assert [str(problem) for problem in catalog.problems] == [
        f"{tracks}:6: track 'tiny' names an unknown kata: 'tiny-smu'. Did you mean 'tiny-sum'?"
    ]
    assert slugs(catalog) == ["tiny-double", "tiny-sum"]


def test_kata_in_two_tracks_is_a_problem(course: Path) -> None:
    """A kata that two tracks name stays in the first, and the second is reported."""
    with (course / "tracks.toml").open("a") as file:
        file.write('\n[[track]]\nname = "more"\ntitle = "More"\nkatas = ["tiny-sum"]\n')
    catalog = Catalog.load(course)
    assert [problem.message for problem in catalog.problems] == [
        f"{course / 'tracks.toml'}:9: 'tiny-sum' is in track 'tiny' already; a kata has one place"
    ]
    assert slugs(catalog) == ["tiny-double", "tiny-sum"]


def test_unreadable_tracks_hide_no_kata(course: Path) -> None:
    """A `tracks.toml` with a mistake is reported with its line and every kata is still found."""
    (course / "tracks.toml").write_text('[[track]]\nname = "tiny"\ntitel = "T"\n')
    catalog = Catalog.load(course)
    assert [str(problem) for problem in catalog.problems] == [
        f"{course / 'tracks.toml'}:3: unknown key 'titel'. Did you mean 'title'?"
    ]
    assert slugs(catalog) == ["tiny-double", "tiny-sum"]


def test_katas_option_must_be_a_folder_of_katas(course: Path) -> None:
    """A missing folder, and a kata in place of its folder, are mistakes that say what to name."""
    with pytest.raises(UsageError, match="which is not a folder"):
        Catalog.load(course / "nowhere")
    with pytest.raises(UsageError) as caught:
        Catalog.load(course / "tiny-sum")
    assert caught.value.next_step == f"Name the folder above it: {course}"


def test_wrong_part_of_the_path_is_a_problem_only(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A part of MLKATA_PATH that is no folder is reported and the rest is used."""
    monkeypatch.setenv("MLKATA_PATH", f"{course / 'nowhere'}{os.pathsep}{course}")
    catalog = Catalog.load()
    assert catalog.slugs == ("tiny-double", "tiny-sum")
    assert "MLKATA_PATH names" in catalog.problems[0].message
