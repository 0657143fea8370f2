"""The katas that can be found, source by source; a broken one never hides the others."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InvalidKata, MlkataError, UnknownKata
from ..support.records import record, replace
from ..support.spelling import nearest
from .cache import Cache
from .sources import Given, bundled_decks, find_sources, kata_folders
from .tracks import LearningPath, Track, known_facts, line_naming, read_tracks

if TYPE_CHECKING:
    from .kata import Kata


_NO_TRACK = Track(name="", title="")


@record(kw_only=True)
class Entry:
    """A kata's place and facts; of a broken one the slug, the place and the `problem`."""

    slug: str
    folder: Path
    track: str = ""
    track_title: str = ""
    title: str = ""
    difficulty: str = ""
    minutes: int = 0
    tags: tuple[str, ...] = ()
    prerequisites: tuple[str, ...] = ()
    problem: InvalidKata | None = None


@record
class Hidden:
    """A kata that an earlier source hides, because it holds one of the same name."""

    slug: str
    folder: Path
    by: Path


@record
class _Placement:
    """Where the katas of all sources stand, and what is wrong with the files that say so."""

    tracks: tuple[Track, ...]
    paths: tuple[LearningPath, ...]
    problems: tuple[InvalidKata, ...]


class Catalog:
    """The katas of all sources; what is read is read once, when first asked for."""

    def __init__(
        self,
        sources: tuple[Path, ...],
        problems: tuple[MlkataError, ...] = (),
        decks: Path | None = None,
    ) -> None:
        self.sources = sources
        self._decks = decks
        self._misplaced = problems
        self._folders: dict[str, Path] = {}
        hidden: list[Hidden] = []
        for folder in (kata for source in sources for kata in kata_folders(source)):
            first = self._folders.setdefault(folder.name, folder)
            if first is not folder:
                hidden.append(Hidden(folder.name, folder, first))
        self.hidden = tuple(hidden)

    @classmethod
    def load(cls, katas_dir: Path | None = None, configured: Path | None = None) -> Catalog:
        """Return the katas of all SOURCES; the first of a name wins.

        *katas_dir* is what `--katas` says, *configured* what the setting `katas` says.
        """
        return cls(*find_sources(Given(katas_dir, os.environ, configured)), bundled_decks())

    @property
    def slugs(self) -> tuple[str, ...]:
        """The names of all katas, source by source; reads no file."""
        return tuple(self._folders)

    def folder(self, slug: str) -> Path | None:
        """Return the folder of the kata called *slug*, if there is one; reads no file."""
        return self._folders.get(slug)

    @property
    def deck_folders(self) -> tuple[Path, ...]:
        """The folders of paper decks: `decks` in each source, last those that are bundled."""
        folders = [*(source / "decks" for source in self.sources), *([self._decks] if self._decks else [])]
        return tuple({folder.resolve(): folder for folder in folders}.values())

    def find(self, name: str) -> Kata:
        """Return the kata called *name* (slug, file name, a part that no other has), or raise UnknownKata."""
        from .kata import Kata  # with it comes ast, which a list can do without

        return Kata.load(self._folders[self.resolve(name)])

    def foundation(self, kata: Kata) -> tuple[Kata, ...]:
        """Return the katas that *kata* builds on, each behind those that it builds on itself."""
        found: dict[str, Kata] = {}
        for slug in kata.facts.builds_on:
            below = self.find(slug)
            found |= {each.slug: each for each in (*self.foundation(below), below)}
        return tuple(found.values())

    def resolve(self, name: str) -> str:
        """Return the slug that *name* means, or raise UnknownKata with the nearest ones."""
        wanted = Path(name.strip()).name.removesuffix(".py").replace("_", "-").lower()
        if wanted in self._folders:
            return wanted
        longer = [slug for slug in self._folders if wanted and slug.startswith(wanted)]
        inside = [slug for slug in self._folders if wanted and wanted in slug]
        for meant in (longer, inside):
            if len(meant) == 1:
                return meant[0]
        import difflib

        raise UnknownKata(
            name, (longer or inside)[:3] or difflib.get_close_matches(wanted, self._folders, cutoff=0.65)
        )

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """All katas: those of the tracks in their order, then the others by name."""
        placed = [(track, slug) for track in self.tracks for slug in track.katas]
        tracked = {slug for _, slug in placed}
        loose = [(_NO_TRACK, slug) for slug in sorted(self._folders) if slug not in tracked]
        entries = tuple(self._entry(slug, track) for track, slug in placed + loose)
        self._cache.save()
        return entries

    def entry(self, slug: str) -> Entry:
        """Return the entry of one kata; reads its `kata.toml` and no other."""
        return self._entry(slug, self.track_of(slug))

    def track_of(self, slug: str) -> Track:
        """Return the track that *slug* is in; for a kata without one a track of no name."""
        return next((track for track in self.tracks if slug in track.katas), _NO_TRACK)

    @cached_property
    def tracks(self) -> tuple[Track, ...]:
        """The tracks of all sources, each with the katas that exist and that no earlier one has."""
        return self._placement.tracks

    @cached_property
    def paths(self) -> tuple[LearningPath, ...]:
        """The paths of all sources, each with the katas that exist; the first of a name wins."""
        return self._placement.paths

    @cached_property
    def problems(self) -> tuple[MlkataError, ...]:
        """What is wrong with the sources themselves: folders that are missing, mistakes in `tracks.toml`."""
        return (*self._misplaced, *self._placement.problems)

    @cached_property
    def _cache(self) -> Cache:
        return Cache()

    def _entry(self, slug: str, track: Track) -> Entry:
        folder = self._folders[slug]
        try:
            facts = self._cache.value(folder / "kata.toml", lambda: _facts(folder))
        except InvalidKata as problem:
            return Entry(
                slug=slug,
                folder=folder,
                track=track.name,
                track_title=track.title,
                title=slug,
                problem=problem,
            )
        title, difficulty, minutes, tags, prerequisites = facts
        return Entry(
            slug=slug,
            folder=folder,
            track=track.name,
            track_title=track.title,
            title=title,
            difficulty=difficulty,
            minutes=minutes,
            tags=tuple(tags),
            prerequisites=tuple(prerequisites),
        )

    @cached_property
    def _placement(self) -> _Placement:
        tracks: dict[str, Track] = {}
        paths: dict[str, LearningPath] = {}
        problems: list[InvalidKata] = []
        home: dict[str, str] = {}
        for file, read in self._read_tracks(problems):
            for facts in read["tracks"]:
                track = Track(**known_facts(facts))
                before = tracks.get(track.name, replace(track, katas=(), decks=()))
                katas = tuple(self._placed(file, track, home, problems))
                decks = tuple(dict.fromkeys((*before.decks, *track.decks)))
                tracks[track.name] = replace(before, katas=(*before.katas, *katas), decks=decks)
            for facts in read["paths"]:
                path = LearningPath(**known_facts(facts))
                paths.setdefault(path.name, replace(path, katas=tuple(self._known(file, path, problems))))
        return _Placement(tuple(tracks.values()), tuple(paths.values()), tuple(problems))

    def _read_tracks(self, problems: list[InvalidKata]) -> Iterator[tuple[Path, dict[str, Any]]]:
        for file in (source / "tracks.toml" for source in self.sources):
            if not file.is_file():
                continue
            try:
                yield file, self._cache.value(file, functools.partial(read_tracks, file))
            except InvalidKata as problem:
                problems.append(problem)

    def _placed(
        self, file: Path, track: Track, home: dict[str, str], problems: list[InvalidKata]
    ) -> Iterator[str]:
        """Yield the katas of a track that have no place yet, and give them one."""
        for slug in track.katas:
            wrong = self._misfit(slug, track, home)
            if wrong:
                problems.append(InvalidKata(file, line_naming(file, track, slug), wrong))
            elif slug not in home:
                home[slug] = track.name
                yield slug

    def _known(self, file: Path, path: LearningPath, problems: list[InvalidKata]) -> Iterator[str]:
        for slug in path.katas:
            if slug in self._folders:
                yield slug
            else:
                wrong = f"path {path.name!r} names an unknown kata: {slug!r}.{nearest(slug, self._folders)}"
                problems.append(InvalidKata(file, line_naming(file, path, slug), wrong))

    def _misfit(self, slug: str, track: Track, home: dict[str, str]) -> str:
        if slug not in self._folders:
            return f"track {track.name!r} names an unknown kata: {slug!r}.{nearest(slug, self._folders)}"
        if home.get(slug, track.name) != track.name:
            return f"{slug!r} is in track {home[slug]!r} already; a kata has one place"
        return ""


def _facts(folder: Path) -> list[Any]:
    """Return the title, difficulty, minutes, tags and prerequisites of a kata, or raise InvalidKata."""
    from ..support.toml import read_toml
    from .kata import Facts
    from .slug import SLUG

    if not SLUG.fullmatch(folder.name):
        raise InvalidKata(folder, None, "a kata's folder must be a slug such as 'moe-topk'")
    facts = read_toml(folder / "kata.toml", Facts)
    return [
        facts.title,
        facts.difficulty.value,
        facts.minutes,
        list(facts.tags),
        list(facts.prerequisites),
    ]
