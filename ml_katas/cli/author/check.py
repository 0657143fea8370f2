"""`mlkata author check`: the proof of katas, on the screen."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import click

from ...authoring.explain import explanation, explanations
from ...authoring.findings import Finding
from ...authoring.proof import Proof, Thoroughness, prove
from ..messages import counted
from ..options import Settings, common, complete_kata

if TYPE_CHECKING:
    from ...authoring.proof import OnProgress


@click.command()
@click.argument("katas_to_check", nargs=-1, metavar="[KATA]...", shell_complete=complete_kata)
@click.option("--fast", is_flag=True, help="One seed, no junk, no automatic mutants: for the inner loop.")
@click.option(
    "--seeds",
    type=click.IntRange(1, 100),
    default=None,
    metavar="N",
    help="Seeds that must agree: 3, or 1 with --fast.",
)
@click.option("--anew", is_flag=True, help="Prove again what was proven before.")
@click.option("--matrix", is_flag=True, help="Show which check fails for what.")
@click.option("-k", "only", default="", metavar="CHECK", help="Run one check of the suite on the solution.")
@click.option("--show-output", is_flag=True, help="With -k: show what the suite prints.")
@click.option("--pdb", is_flag=True, help="With -k: open the debugger where the check fails.")
@click.option(
    "--explain", "rule", default="", metavar="RULE", help="What a finding's rule asks for; or: all."
)
@common
def check(
    settings: Settings,
    katas_to_check: tuple[str, ...],
    fast: bool,
    seeds: int | None,
    anew: bool,
    matrix: bool,
    only: str,
    show_output: bool,
    pdb: bool,
    rule: str,
) -> int:
    """Prove katas, all without a name: what is right passes, the starter and everything wrong fails.

    Exit code: 0 all are proven, 4 a kata is not publishable.
    """
    if rule:
        return _explain(settings, rule)
    context = click.get_current_context()
    if not only and (show_output or pdb):
        raise click.UsageError("--show-output and --pdb belong to -k CHECK", context)
    if only and settings.json:
        raise click.UsageError("-k CHECK writes what the suite prints, and has no --json", context)
    if only:
        return _run_check(settings, katas_to_check, only, show_output=show_output, pdb=pdb)
    from ...judging.client import judging

    how, proofs = Thoroughness(seeds or (1 if fast else 3), fast, matrix, anew), []
    with settings.state() as state, judging() as judge, _progress(settings) as (on_progress, clear):
        for proof in prove(state.catalog, katas_to_check, how, judge, on_progress):
            clear()
            proofs.append(proof)
            if not settings.json:
                _say(settings, proof, shows_matrix=matrix)
    if settings.json:
        settings.screen.emit({"schema": "mlkata.author-check/1", "katas": list(map(_as_json, proofs))})
    return 0 if all(proof.is_publishable for proof in proofs) else 4


def _explain(settings: Settings, rule: str) -> int:
    found = explanations() if rule == "all" else (explanation(rule),)
    if settings.json:
        settings.screen.emit({"schema": "mlkata.rules/1", "rules": [vars(each) for each in found]})
    elif rule == "all":
        for each in found:
            settings.screen.say(f"{each.rule}\n    {each.asks}")
    else:
        (each,) = found
        settings.screen.say(f"{each.rule}: {each.asks}\n\nWhy: {each.why}\n\nHow to fix it: {each.fix}")
    return 0


def _run_check(settings: Settings, names: tuple[str, ...], only: str, *, show_output: bool, pdb: bool) -> int:
    from ...authoring.debug import run_check

    with settings.state() as state:
        katas = [state.find(name) for name in names] or [state.find()]
    passed = [run_check(kata, only, show_output=show_output, pdb=pdb) for kata in katas]
    return 0 if all(passed) else 4


@contextlib.contextmanager
def _progress(settings: Settings) -> Iterator[tuple[OnProgress, Callable[[], None]]]:
    """Yield what is called with the judgements done, and what clears the place where that is shown.

    It is a bar on a terminal, elsewhere a line for each kata.
    """
    screen = settings.screen
    if screen.plain or settings.json or not sys.stderr.isatty():
        yield lambda slug, done, expected: None if expected else screen.note(slug), lambda: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    bar = Progress(*columns, console=screen.err, transient=True)
    task = bar.add_task("", total=None)

    def on_progress(slug: str, done: int, expected: int) -> None:
        bar.start()
        bar.update(task, description=slug, completed=done, total=expected or None)

    try:
        yield on_progress, bar.stop
    finally:
        bar.stop()


def _say(settings: Settings, proof: Proof, *, shows_matrix: bool) -> None:
    screen = settings.screen
    for finding in proof.findings:
        screen.say(f"{finding}", aside=f"[{finding.rule}]")
        if finding.detail:
            screen.say("\n".join(f"    {line}" for line in finding.detail.splitlines()))
            screen.say()
    if shows_matrix and proof.rows:
        from ...render.matrix import matrix_view

        screen.draw(matrix_view(proof))
    for line in _summary(proof):
        screen.say(line)


def _summary(proof: Proof) -> Iterator[str]:
    errors = sum(finding.is_error for finding in proof.findings)
    verdict = f"not publishable, {counted(errors, 'error')}" if errors else "proven"
    if proof.is_kept:
        yield f"{proof.kata}: {verdict} before, and nothing has changed since"
        return
    rate = proof.judgements / proof.seconds if proof.seconds else 0.0
    effort = f"{counted(proof.judgements, 'judgement')}, {rate:.1f} a second"
    yield f"{proof.kata}: " + "; ".join([verdict, *_score(proof), effort])


def _score(proof: Proof) -> Iterator[str]:
    caught, mistakes = proof.score("mistake")
    killed, mutants = proof.score("mutant")
    marked = sum(row.mark for row in proof.rows)
    if mistakes:  # none was tried where the solution itself does not pass
        yield f"{caught} of {counted(mistakes, 'mistake')} caught"
    if mutants:
        yield f"{killed} of {counted(mutants, 'mutant')} killed" + (
            f", {marked} equivalent" if marked else ""
        )


def _as_json(proof: Proof) -> dict[str, Any]:
    caught, mistakes = proof.score("mistake")
    killed, mutants = proof.score("mutant")
    equivalent = sum(row.mark for row in proof.rows)
    return {
        "kata": proof.kata,
        "publishable": proof.is_publishable,
        "findings": [_finding_as_json(finding) for finding in proof.findings],
        "mistakes": {"caught": caught, "total": mistakes},
        "mutants": {"killed": killed, "total": mutants, "equivalent": equivalent},
        "matrix": [
            {
                "name": row.name,
                "kind": row.kind,
                "line": row.line,
                "status": row.status,
                "failed": list(row.failed),
                "equivalent": row.mark,
            }
            for row in proof.rows
        ],
        "judgements": proof.judgements,
        "seconds": proof.seconds,
        "proven_before": proof.is_kept,
    }


def _finding_as_json(finding: Finding) -> dict[str, Any]:
    return {**vars(finding), "path": str(finding.path)}
