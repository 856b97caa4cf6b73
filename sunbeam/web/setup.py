"""The wizard: questions with detected defaults, a review, and the start of the bootstrap."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from aiohttp import web

from sunbeam.core.detection.detected import Detected
from sunbeam.web.answers import keep_answers, write_answers
from sunbeam.web.draft import Draft, Field
from sunbeam.web.pages import SESSION, page
from sunbeam.web.parts import BASE, VIEW, View

SETUP = f"{BASE}/setup"
KEPT_DRAFTS = 8
BOOTSTRAP = ("cluster", "bootstrap", "--accept-defaults", "--manifest")

Detect = Callable[[], Awaitable[Detected]]

routes = web.RouteTableDef()


class Drafts:
    """The draft of each session, in memory only: it may hold what is nobody else's business."""

    def __init__(self, detect: Detect) -> None:
        self._detect = detect
        self._drafts: OrderedDict[str, Draft] = OrderedDict()

    async def of(self, session: str) -> Draft:
        if session not in self._drafts:
            self._drafts[session] = Draft(await self._detect())
        self._drafts.move_to_end(session)
        while len(self._drafts) > KEPT_DRAFTS:
            self._drafts.popitem(last=False)
        return self._drafts[session]

    async def look_again(self, session: str) -> Draft:
        """With the machine as it is now: a cable may have been plugged in."""
        draft = await self.of(session)
        draft.detected = await self._detect()
        return draft


@dataclass(frozen=True)
class Row:
    """One line of the review; ``told`` if it is on top."""

    title: str
    value: str
    origin: str
    told: bool


DRAFTS: web.AppKey[Drafts] = web.AppKey("drafts", Drafts)


@routes.get(SETUP)
async def questions(request: web.Request) -> web.StreamResponse:
    _only_before(request.app[VIEW])
    draft = await request.app[DRAFTS].look_again(request[SESSION].id)
    return page(request, "setup.html", **_form(draft, asked=draft.begun))


@routes.post(SETUP)
async def answers(request: web.Request) -> web.StreamResponse:
    _only_before(request.app[VIEW])
    draft = await _taken(request)
    if draft.problems():
        return page(request, "setup.html", status=422, **_form(draft, asked=True))
    raise web.HTTPSeeOther(f"{SETUP}/review")


@routes.post(f"{SETUP}/check")
async def check(request: web.Request) -> web.StreamResponse:
    """By key: the problem, where the field belongs, whether it means anything, and its value."""
    draft = await _taken(request)
    return web.json_response({field.question.key: _as_json(field) for field in draft.fields()})


@routes.get(f"{SETUP}/review")
async def review(request: web.Request) -> web.StreamResponse:
    _only_before(request.app[VIEW])
    draft = await request.app[DRAFTS].of(request[SESSION].id)
    if draft.problems():
        raise web.HTTPSeeOther(SETUP)
    return page(request, "review.html", rows=_rows(draft), detected=draft.detected)


@routes.get(f"{SETUP}/preview")
async def preview(request: web.Request) -> web.StreamResponse:
    view = request.app[VIEW]
    _only_before(view)
    draft = await request.app[DRAFTS].of(request[SESSION].id)
    if draft.problems():
        raise web.HTTPSeeOther(SETUP)
    with TemporaryDirectory(prefix="sunbeam-") as scratch:
        file = write_answers(Path(scratch) / "answers.yaml", draft)
        outcome = await view.commands.preview(*BOOTSTRAP, str(file))
    return page(request, "preview.html", outcome=outcome)


@routes.post(f"{SETUP}/start")
async def start(request: web.Request) -> web.StreamResponse:
    """Write the reviewed answers down and begin; the page that follows shows what comes of it."""
    view, session = request.app[VIEW], request[SESSION].id
    draft = await request.app[DRAFTS].of(session)
    _only_before(view)
    if draft.problems():
        raise web.HTTPSeeOther(SETUP)
    view.commands.begin(*BOOTSTRAP, str(keep_answers(view.paths, session, draft)))
    raise web.HTTPSeeOther(f"{BASE}/")


def _only_before(view: View) -> None:
    """A cloud is not set up twice, and not while it is being changed or a command looks whether it can be."""
    newest, attempt = view.changes.newest(), view.commands.last
    looking = view.changes.starting() or (attempt is not None and attempt.looking)
    if view.cloud.is_node or looking or (newest is not None and newest.running):
        raise web.HTTPSeeOther(f"{BASE}/")


async def _taken(request: web.Request) -> Draft:
    draft = await request.app[DRAFTS].of(request[SESSION].id)
    form = await request.post()
    draft.take({key: value for key, value in form.items() if isinstance(value, str)})
    return draft


def _form(draft: Draft, *, asked: bool) -> Mapping[str, Any]:
    fields = draft.fields()
    problems = draft.problems() if asked else {}
    return {
        "basic": [field for field in fields if field.basic],
        "groups": _groups([field for field in fields if not field.basic]),
        "problems": problems,
        "detected": draft.detected,
    }


def _groups(fields: list[Field]) -> dict[str, list[Field]]:
    groups: dict[str, list[Field]] = {}
    for field in fields:
        groups.setdefault(field.question.group, []).append(field)
    return groups


def _as_json(field: Field) -> dict[str, Any]:
    value = field.shown_value
    return {"problem": field.problem, "basic": field.basic, "shown": field.shown, "value": value}


def _rows(draft: Draft) -> list[Row]:
    """Question by question: what will be taken, and where it came from."""
    said = draft.effective()
    rows = []
    for field in draft.fields():
        question = field.question
        if not field.shown:
            continue
        origin = said.origin(question.key)
        source = origin.source if origin and not origin.line else "default"
        rows.append(
            Row(
                question.title,
                field.shown_value or question.empty or "none",
                source,
                field.basic or source == "answer",
            )
        )
    return rows
