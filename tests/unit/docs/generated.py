"""The parts of the documentation that are read from the code.

``docs/generate`` fills every block ``<!-- generated: NAME -->`` ... ``<!-- end -->`` of the pages; a test
fails when one is stale.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any

import yaml
from typer.testing import CliRunner

from sunbeam.catalogue import AREAS
from sunbeam.checks.before import ALWAYS, BEFORE, Before
from sunbeam.checks.catalogue import CHECKS
from sunbeam.checks.wanted import ROLES
from sunbeam.cli.main import app
from sunbeam.core import events, foresight
from sunbeam.core.errors import ExitCode, Interrupted, NeedsPerson, PreflightFailed, UsageError
from sunbeam.core.estimate import Expected
from sunbeam.core.event_schema import event_schema
from sunbeam.core.question import always
from sunbeam.core.question_facts import has_interface, has_proxy, interface_has_addresses
from sunbeam.core.questions import FILE_ONLY, QUESTIONS
from sunbeam.core.status import ChangeStatus, TaskStatus
from sunbeam.doctor.rules import RULES
from sunbeam.images.recipes import Recipe, load_recipes
from sunbeam.operators.packing import is_machine_charm
from sunbeam.tasks.fix import FIXES
from tests.unit.docs import manifest_reference, wizard_pictures
from tests.unit.docs.book import ROOT, commands, pages, subcommands

SCHEMA = ROOT / "docs/reference/manifest.schema.json"
EVENT_SCHEMA = ROOT / "docs/reference/events.schema.json"
PICTURES = {
    "wizard-questions.svg": wizard_pictures.questions_svg,
    "wizard-review.svg": wizard_pictures.review_svg,
}
WHEN: dict[Callable[..., bool], str] = {
    has_interface: "with an interface",
    has_proxy: "if a proxy is detected",
    interface_has_addresses: "if the interface has addresses",
}
BLOCK = re.compile(r"<!-- generated: ([\w-]+) -->\n.*?<!-- end -->", re.DOTALL)
VARIABLE = re.compile(r'^variable "(\w+)" \{\n(.*?)^\}', re.MULTILINE | re.DOTALL)
OUTPUT = re.compile(r'^output "(\w+)" \{\n(.*?)^\}', re.MULTILINE | re.DOTALL)
APPLICATION = re.compile(r"^    ([\w-]+) +=", re.MULTILINE)
ERRORS = (UsageError, PreflightFailed, NeedsPerson, Interrupted)
EVENTS = tuple(events.KINDS.values())
EVENT_PARTS = (
    Expected, foresight.Preview, foresight.PlannedTask, foresight.Foresight, foresight.Touch,
    foresight.ResourceChange, foresight.AttributeChange, foresight.Artifact,
)  # fmt: skip


def refreshed(text: str) -> str:
    """A page's text with its blocks as the code is now.  Raises KeyError for a block nobody writes."""
    return BLOCK.sub(lambda found: f"<!-- generated: {found[1]} -->\n{BLOCKS[found[1]]()}<!-- end -->", text)


def main() -> None:
    for page in pages():
        page.path.write_text(refreshed(page.text))
    SCHEMA.write_text(manifest_reference.schema_text())
    EVENT_SCHEMA.write_text(event_schema_text())
    for name, picture in PICTURES.items():
        (ROOT / "docs/images" / name).write_text(picture())


def event_schema_text() -> str:
    return json.dumps(event_schema(), indent=2) + "\n"


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(_cell(cell) for cell in line) + " |\n" for line in lines)


def _cell(value: object) -> str:
    return " ".join(str(value).split()).replace("|", "\\|")


def _questions() -> str:
    rows = []
    for question in QUESTIONS:
        asked = "always" if question.when is always else WHEN[question.when]
        if question.applies is not always:
            asked = WHEN[question.applies]
        rows.append(
            [
                f"`{question.key}`",
                question.title,
                question.why,
                asked if question.basic else "with `--advanced`",
            ]
        )
    return _table(["Key", "Question", "Why", "Asked"], rows)


def _file_only() -> str:
    return _table(["Key", "Why"], ([f"`{key}`", why] for key, why in FILE_ONLY.items()))


def _checks() -> str:
    rows = []
    for check in CHECKS:
        when = "before a cloud" if check.once else "always"
        roles = "all" if len(check.roles) == len(ROLES) else ", ".join(check.roles)
        rows.append([f"`{check.id}`", check.meaning, roles, when + (", root" if check.needs_root else "")])
    return _table(["Check", "Content if", "Roles", "When"], rows)


def _checks_before() -> str:
    rows = ([kind, _checks_of(before), before.why] for kind, before in BEFORE.items())
    return _table(["Change", "Checks", "Why these"], rows)


def _checks_of(before: Before) -> str:
    if before.checks in (CHECKS, ALWAYS):
        return "all" if before.checks == CHECKS else "those marked `always`"
    return ", ".join(f"`{check.id}`" for check in before.checks) or "none"


def _fixes() -> str:
    rows = ([f"`{id}`", fix.what, f"no: {fix.final}" if fix.final else "yes"] for id, fix in FIXES.items())
    return _table(["Fix", "What it does", "Taken back by `sunbeam undo`"], rows)


def _cli() -> str:
    parts = []
    for words, command in commands().items():
        if not subcommands(command):
            parts.append(f"## sunbeam {words}\n\n```text\n{_help(words)}```\n")
    return "\n".join(parts)


def _help(words: str) -> str:
    shown = CliRunner().invoke(app, [*words.split(), "--help"], prog_name="sunbeam", env={"COLUMNS": "80"})
    lines = [line.rstrip() for line in shown.output.strip().splitlines()]
    return "\n".join(lines) + "\n"


def _exit_codes() -> str:
    meanings = {error.exit_code: error.__doc__ or "" for error in ERRORS}
    meanings |= {ExitCode.DONE: "Done.", ExitCode.FAILED: "Failed; the same command tries again."}
    return _table(["Code", "Meaning"], ([f"`{code.value}`", meanings[code]] for code in ExitCode))


def _statuses(kind: type[TaskStatus] | type[ChangeStatus]) -> str:
    return _table(["Status", "Meaning"], ([f"`{status.value}`", status.meaning] for status in kind))


def _events() -> str:
    rows = []
    for event in EVENTS:
        own = [each for each in fields(event) if each.name not in ("change", "time")]
        names = [f"`{each.name}`" + (" (may be empty)" if each.default == "" else "") for each in own]
        documented = event.__doc__ if event.__doc__ and not event.__doc__.startswith(event.__name__) else ""
        rows.append([f"`{_type_of(event)}`", ", ".join(names), (documented or "").replace("``", "`")])
    return _table(["Type", "Fields of its own", "Meaning"], rows)


def _event_parts() -> str:
    rows = []
    for part in EVENT_PARTS:
        names = ", ".join(f"`{each.name}`" for each in fields(part))
        rows.append([f"`{part.__name__}`", names, (part.__doc__ or "").replace("``", "`")])
    return _table(["Object", "Fields", "Meaning"], rows)


def _type_of(event: type[events.Event]) -> str:
    """What ``Event.type`` says, which needs no event but its class."""
    return object.__new__(event).type


def _variables(module: str) -> str:
    text = (ROOT / "terraform" / module / "variables.tf").read_text()
    rows = []
    for name, body in VARIABLE.findall(text):
        default = _argument(body, "default")
        rows.append([f"`{name}`", f"`{_type(body)}`", f"`{default}`" if default else "required", _said(body)])
    return _table(["Variable", "Type", "Default", "Description"], rows)


def _outputs(module: str) -> str:
    text = (ROOT / "terraform" / module / "outputs.tf").read_text()
    return _table(
        ["Output", "Description"], ([f"`{name}`", _said(body)] for name, body in OUTPUT.findall(text))
    )


def _argument(body: str, name: str) -> str:
    """The value of an argument of an HCL block, whatever its lines; empty if it is not there."""
    found = re.search(rf"^  {name} += (.*?)(?=^  \w|\Z)", body, re.MULTILINE | re.DOTALL)
    return " ".join(found[1].split()) if found else ""


def _type(body: str) -> str:
    return re.sub(r"(?<=\w\)) (?=\w+ =)", ", ", _argument(body, "type"))


def _said(body: str) -> str:
    text: str = json.loads(_argument(body, "description"))
    return text.replace('"', "`") if " = " in text else text


def _picture() -> str:
    rows = []
    for name, body in _applications().items():
        requires = re.findall(r'([\w-]+) += "([\w-]+:[\w-]+)"', body)
        rows.append(
            [f"`{name}`", ", ".join(f"`{own}` from `{other}`" for own, other in requires) or "nothing"]
        )
    return _table(["Application", "Requires"], rows)


def _applications() -> dict[str, str]:
    text = (ROOT / "terraform/openstack/picture.tf").read_text()
    picture = text.partition("  picture = {\n")[2].partition("\n  }\n")[0]
    words = APPLICATION.split(picture)[1:]
    return dict(zip(words[::2], words[1::2], strict=True))


def charmcrafts() -> dict[str, Mapping[str, Any]]:
    """Each charm's charmcraft.yaml by name."""
    files = sorted((ROOT / "charms").glob("*/charmcraft.yaml"))
    return {file.parent.name: yaml.safe_load(file.read_text()) for file in files}


def _provider() -> str:
    schema = json.loads((ROOT / "sunbeam/provider/schema.json").read_text())
    rows = [[f"`{name}`", "resource", _attributes(what)] for name, what in schema["resources"].items()]
    rows += [[f"`{name}`", "data source", _attributes(what)] for name, what in schema["data_sources"].items()]
    return _table(["Name", "Kind", "Arguments"], rows)


def _attributes(what: Mapping[str, Any]) -> str:
    """Everything that a person may write, required ones in bold."""
    given = {name: each for name, each in what["attributes"].items() if each.get("mode", "") != "computed"}
    required = [f"**`{name}`**" for name, each in given.items() if "required" in each.get("mode", "")]
    others = [f"`{name}`" for name, each in given.items() if "required" not in each.get("mode", "")]
    return ", ".join([*required, *others, *(f"block `{name}`" for name in what.get("blocks", {}))])


def _charms() -> str:
    return "\n".join(_charm(name, charm) for name, charm in charmcrafts().items())


def _charm(name: str, charm: Mapping[str, Any]) -> str:
    model = "machines" if is_machine_charm(charm) else "openstack"
    containers = ", ".join(f"`{each}`" for each in charm.get("containers") or {}) or "none"
    parts = [f"## {name}\n\n{charm['summary']}. Model `{model}`; containers: {containers}.\n"]
    endpoints = [
        [f"`{endpoint}`", role, f"`{what['interface']}`", _limits(what), what.get("description", "")]
        for role in ("provides", "requires", "peers")
        for endpoint, what in (charm.get(role) or {}).items()
    ]
    parts.append(_table(["Endpoint", "Role", "Interface", "How many", "Description"], endpoints))
    if options := (charm.get("config") or {}).get("options"):
        rows = [
            [f"`{key}`", each["type"], f"`{_default(each)}`", each["description"]]
            for key, each in options.items()
        ]
        parts.append(_table(["Option", "Type", "Default", "Description"], rows))
    if actions := charm.get("actions"):
        rows = [[f"`{key}`", _parameters(each), each["description"]] for key, each in actions.items()]
        parts.append(_table(["Action", "Parameters", "Description"], rows))
    if storage := charm.get("storage"):
        rows = [
            [f"`{key}`", each.get("minimum-size", ""), each.get("description", "")]
            for key, each in storage.items()
        ]
        parts.append(_table(["Storage", "At least", "Description"], rows))
    return "\n".join(parts)


def _limits(endpoint: Mapping[str, Any]) -> str:
    words = ["one"] if endpoint.get("limit") == 1 else []
    return ", ".join([*words, "optional"] if endpoint.get("optional") else words)


def _default(option: Mapping[str, Any]) -> str:
    value = option.get("default", "")
    return str(value).lower() if isinstance(value, bool) else str(value) if value != "" else '""'


def _parameters(action: Mapping[str, Any]) -> str:
    required = action.get("required") or ()
    return ", ".join(f"`{name}`{'' if name in required else '?'}" for name in action.get("params") or {})


def _images() -> str:
    recipes = load_recipes(ROOT / "images")
    rows = (
        [
            f"`{name}`",
            f"`{recipe.parent.name}`" if recipe.parent else "Debian 13",
            f"{(recipe.size or 0) // 1_000_000} MB",
            f"{recipe.weight} s",
            _comment(recipe),
        ]
        for name, recipe in recipes.items()
    )
    return _table(["Image", "From", "Size", "Builds in", "Holds"], rows)


def _comment(recipe: Recipe) -> str:
    """What the recipe's first lines say."""
    lines = (recipe.folder / "Containerfile").read_text().splitlines()
    said = lines[: next(place for place, line in enumerate(lines) if not line.startswith("#"))]
    return " ".join(line.removeprefix("#").strip() for line in said if not line.startswith("# weight:"))


def _doctor() -> str:
    rows = [
        [f"`{rule.id}`", rule.title, ", ".join(f"`{id}`" for id in (*rule.explains, *rule.explains_here))]
        for rule in RULES
    ]
    return _table(["Id", "What is wrong", "May explain"], rows)


def _errors() -> str:
    """An area after the other, its ids by the alphabet."""
    text = ""
    for area, entries in AREAS.items():
        rows = [[f"`{each.id}`", each.cause, each.remedy] for each in sorted(entries, key=lambda one: one.id)]
        text += f"## {area}\n\n{_table(['Id', 'Cause', 'Remedy'], rows)}\n"
    return text


def _manifest(head: Sequence[str], rows: Callable[[], Iterable[Sequence[object]]]) -> Callable[[], str]:
    return lambda: _table(head, rows())


BLOCKS: dict[str, Callable[[], str]] = {
    "manifest-keys": _manifest(["Key", "Value", "Default", "Meaning"], manifest_reference.key_rows),
    "manifest-fixed": _manifest(["Key", "Why"], manifest_reference.fixed_rows),
    "manifest-decided": _manifest(["Charm", "Option", "Key"], manifest_reference.decided_rows),
    "manifest-detected": _manifest(["Key", "What is detected"], manifest_reference.detected_rows),
    "manifest-references": _manifest(["Key"], manifest_reference.reference_rows),
    "manifest-import": _manifest(["There", "Here"], manifest_reference.import_rows),
    "doctor": _doctor,
    "errors": _errors,
    "questions": _questions,
    "questions-not": _file_only,
    "checks": _checks,
    "checks-before": _checks_before,
    "fixes": _fixes,
    "cli": _cli,
    "exit-codes": _exit_codes,
    "task-statuses": lambda: _statuses(TaskStatus),
    "change-statuses": lambda: _statuses(ChangeStatus),
    "events": _events,
    "event-parts": _event_parts,
    "openstack-variables": lambda: _variables("openstack"),
    "openstack-outputs": lambda: _outputs("openstack"),
    "openstack-picture": _picture,
    "hypervisor-variables": lambda: _variables("hypervisor"),
    "hypervisor-outputs": lambda: _outputs("hypervisor"),
    "application-variables": lambda: _variables("modules/application"),
    "application-outputs": lambda: _outputs("modules/application"),
    "provider": _provider,
    "charms": _charms,
    "images": _images,
}

if __name__ == "__main__":
    main()
