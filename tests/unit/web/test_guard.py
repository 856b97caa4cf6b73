"""What every request passes, whoever sends it."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator

import pytest

from sunbeam.core.paths import Paths
from sunbeam.web import guard
from sunbeam.web.access import FREE_ATTEMPTS
from sunbeam.web.guard import HEADERS
from sunbeam.web.pages import static_url
from sunbeam.web.parts import BASE, COOKIE
from tests.unit.web.visitor import FORM_TOKEN, RecordedCommands, Visitor

GETS = ("/", "/stream", "/setup", "/setup/review", "/setup/preview", "/changes/1", "/doctor", "/nothing")
POSTS = ("/setup", "/setup/check", "/setup/start", "/resume", "/retry", "/logout")


@pytest.mark.parametrize("path", GETS)
async def test_a_stranger_is_led_to_the_login(stranger: Visitor, path: str) -> None:
    answer = await stranger.get(path)
    assert (answer.status, answer.headers["Location"]) == (303, f"{BASE}/login")


@pytest.mark.parametrize("path", POSTS)
async def test_a_stranger_changes_nothing(stranger: Visitor, commands: RecordedCommands, path: str) -> None:
    assert (await stranger.post(path)).status == 401
    assert commands.typed == []


async def test_a_stream_of_a_stranger_is_refused_not_led_elsewhere(stranger: Visitor) -> None:
    assert (await stranger.get("/stream", Sec_Fetch_Dest="empty")).status == 401


async def test_the_token_opens_a_session(stranger: Visitor) -> None:
    answer = await stranger.post("/login", {"token": f" {stranger.view.access.ensure_token()}\n"})
    cookie = answer.headers["Set-Cookie"]
    assert answer.status == 303
    assert cookie.startswith(f"{COOKIE}=")
    for attribute in ("HttpOnly", "Secure", "SameSite=Strict", f"Path={BASE}", "Max-Age=43200"):
        assert attribute in cookie
    stranger.cookie = cookie.partition("=")[2].partition(";")[0]
    assert (await stranger.get("/setup")).status == 200


async def test_a_new_token_ends_what_the_old_one_opened_and_neither_is_told(
    stranger: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    access = stranger.view.access
    old = access.ensure_token()
    answers = [await stranger.post("/login", {"token": old})]
    stranger.cookie = answers[0].headers["Set-Cookie"].partition("=")[2].partition(";")[0]
    answers += [await stranger.get("/setup"), await stranger.get("/login")]
    form = FORM_TOKEN.search(answers[1].text)
    assert form is not None
    new = access.new_token()
    answers += [
        await stranger.get("/setup"),
        await stranger.post_bare("/setup", {"form_token": form[1]}),
        await stranger.post("/login", {"token": old}),
        await stranger.get("/setup", Authorization=f"Bearer {new}"),
        await stranger.post("/login", {"token": new}),
    ]
    assert [each.status for each in answers] == [303, 200, 200, 303, 401, 403, 303, 303]
    for token in (old, new):
        assert all(token not in each.text + str(each.headers) for each in answers)
        assert token not in caplog.text


async def test_a_token_in_an_address_opens_nothing(stranger: Visitor) -> None:
    """Addresses end in histories and logs."""
    query = f"?token={stranger.view.access.ensure_token()}"
    assert (await stranger.get(f"/{query}")).headers["Location"] == f"{BASE}/login"
    assert "Set-Cookie" not in (await stranger.get(f"/login{query}")).headers
    assert (await stranger.post(f"/login{query}")).status == 403


async def test_wrong_tokens_are_slowed_down_even_before_the_right_one(stranger: Visitor) -> None:
    for _ in range(FREE_ATTEMPTS):
        answer = await stranger.post("/login", {"token": "wrong"})
        assert answer.status == 403 and "This is not the token" in answer.text
    answer = await stranger.post("/login", {"token": stranger.view.access.ensure_token()})
    assert answer.status == 429 and answer.headers["Retry-After"] == "1"
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("path", POSTS)
async def test_a_form_without_our_token_is_refused(
    visitor: Visitor, commands: RecordedCommands, path: str
) -> None:
    for form in ({}, {"form_token": ""}, {"form_token": "0" * 64}):
        assert (await visitor.post_bare(path, form)).status == 403
    other = visitor.view.access.session(visitor.view.access.begin())
    assert other is not None
    assert (await visitor.post_bare(path, {"form_token": other.form_token})).status == 403
    assert commands.typed == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "https://192.0.2.7"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ],
)
async def test_a_request_from_another_page_is_refused(visitor: Visitor, headers: dict[str, str]) -> None:
    """The dashboard on another port of the same host is such a page."""
    assert (await visitor.post("/setup", None, **headers)).status == 403
    assert (await visitor.post("/login", {"token": "x"}, **headers)).status == 403


async def test_our_own_page_may_post(visitor: Visitor) -> None:
    own = f"https://{visitor.client.host}:{visitor.client.port}"
    answer = await visitor.post("/setup", Origin=own, Sec_Fetch_Site="same-origin")
    assert answer.status == 303


async def test_every_answer_has_the_headers(visitor: Visitor, stranger: Visitor) -> None:
    answers = [
        await visitor.get("/setup"),
        await visitor.get("/nothing"),
        await visitor.get("/static/sunbeam.css"),
        await visitor.post_bare("/resume", {}),
    ]
    for answer in answers:
        for name in HEADERS.keys() - {"Cache-Control"}:
            assert answer.headers[name] == HEADERS[name]
        assert answer.headers["Server"] == "sunbeam"
    policy = HEADERS["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy
    assert answers[0].headers["Cache-Control"] == "no-store"


async def test_nothing_is_inline(visitor: Visitor, stranger: Visitor) -> None:
    """The policy would forbid it."""
    for path in ("/setup", "/setup/review", "/login", "/nothing", "/doctor"):
        text = (await visitor.get(path)).text
        assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=|javascript:", text)


async def test_static_files_are_few_small_and_kept(stranger: Visitor) -> None:
    total = 0
    for name in ("sunbeam.css", "sunbeam.js", "sunbeam.svg"):
        answer = await stranger.get(static_url(name).removeprefix(BASE))
        assert answer.status == 200 and "immutable" in answer.headers["Cache-Control"]
        total += len(answer.text)
    assert total < 25_000
    assert (await stranger.get("/static/../token")).status in (303, 404)


async def test_the_first_visit_is_small(visitor: Visitor, node: Paths) -> None:
    assert len((await visitor.get("/")).text) < 25_000


async def test_a_form_that_is_too_large_is_refused(visitor: Visitor) -> None:
    assert (await visitor.post("/setup", {"name": "x" * 100_000})).status == 413


PART = b"--a\r\nContent-Disposition: form-data; name=token\r\n"


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=a", b"x"),
        ("multipart/form-data; boundary=a", b"--a\r\nfoo\r\n\r\nx\r\n--a--"),
        ("multipart/form-data; boundary=a", b"--a\r\n\r\nx\r\n--a--\r\n"),
        ("multipart/form-data; boundary=a", PART + b"\r\nx"),
        ("multipart/form-data; boundary=a", PART + b"Content-Type: text/a; charset=no\r\n\r\nx\r\n--a--\r\n"),
        ("application/x-www-form-urlencoded; charset=no", b"token=x"),
        ("application/x-www-form-urlencoded", b"\xff=x"),
    ],
)
async def test_a_form_that_no_browser_sends_is_refused_and_not_logged(
    stranger: Visitor, caplog: pytest.LogCaptureFixture, kind: str, body: bytes
) -> None:
    answer = await stranger.client.post(f"{BASE}/login", data=body, headers={"Content-Type": kind})
    assert answer.status == 400 and "cannot be read" in await answer.text()
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


async def test_a_form_that_does_not_arrive_is_not_waited_for(
    stranger: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "FORM_SECONDS", 0.05)

    async def never() -> AsyncIterator[bytes]:
        yield b"token="
        await asyncio.sleep(60)

    async with asyncio.timeout(10):
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = await stranger.client.post(f"{BASE}/login", data=never(), headers=kind)
    assert answer.status == 408


async def test_logging_out_takes_the_cookie_away(visitor: Visitor) -> None:
    answer = await visitor.post("/logout")
    assert answer.status == 303 and "Max-Age=0" in answer.headers["Set-Cookie"]


async def test_what_nobody_foresaw_is_not_shown(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: object) -> None:
        raise RuntimeError("a secret detail")

    monkeypatch.setattr(type(visitor.view.changes), "newest", broken)
    answer = await visitor.get("/")
    assert answer.status == 500 and "secret detail" not in answer.text
