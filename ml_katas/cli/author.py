"""`mlkata author`: what those who write katas need."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click

from ..authoring import proving
from ..authoring.proving import Proof
from .options import Settings, common, complete_kata

# Imported only to be run.
COMMANDS = {"new": "ml_katas.cli.author_new:new", "preview": "ml_katas.cli.author_preview:preview"}


class LazyGroup(click.Group):
    """A group that has the commands of the table above beside its own."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*COMMANDS, *super().list_commands(ctx)])

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return super().get_command(ctx, name)
        module, attribute = COMMANDS[name].split(":")
        command = getattr(import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command


@click.group(name="author", cls=LazyGroup)
def group() -> None:
    """Write katas and prove their suites."""


@group.command()
@click.argument("katas_to_check", nargs=-1, metavar="[KATA]...", shell_complete=complete_kata)
@common
def check(settings: Settings, katas_to_check: tuple[str, ...]) -> int:
    """Prove katas, all without a name: the solution passes, the starter and every mutant fail.

    Exit code: 0 all are proven, 4 a kata is not publishable.
    """
    proofs = []
    with settings.desk() as desk:
        for proof in proving.prove(desk.catalog, katas_to_check, settings.screen.note):
            proofs.append(proof)
            if not settings.json:
                _say(settings, proof)
    if settings.json:
        settings.screen.emit(
            {"schema": "mlkata.author-check/1", "katas": [_as_json(proof) for proof in proofs]}
        )
    return 4 if any(proof.findings for proof in proofs) else 0


def _say(settings: Settings, proof: Proof) -> None:
    for finding in proof.findings:
        settings.screen.say(str(finding))
    verdict = "proven" if not proof.findings else f"not publishable, {len(proof.findings)} to mend"
    rate = proof.judgements / proof.seconds if proof.seconds else 0.0
    settings.screen.say(f"{proof.kata}: {verdict} ({proof.judgements} judgements, {rate:.0f} a second)")


def _as_json(proof: Proof) -> dict[str, Any]:
    findings = [{"path": str(f.path), "line": f.line, "problem": f.problem} for f in proof.findings]
    return {
        "kata": proof.kata,
        "findings": findings,
        "judgements": proof.judgements,
        "seconds": proof.seconds,
    }
