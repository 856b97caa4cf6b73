from __future__ import annotations

from pathlib import Path

import pytest

from sunbeam.web.access import FREE_ATTEMPTS, LONGEST_WAIT, REMEMBERED, SESSION_SECONDS, Access, Patience


class Time:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def access(tmp_path: Path, time: Time) -> Access:
    access = Access(tmp_path, time)
    access.ensure_token()
    return access


def test_the_token_is_for_root_alone_and_stays(access: Access, tmp_path: Path) -> None:
    assert (tmp_path / "token").stat().st_mode & 0o777 == 0o600
    assert len(access.ensure_token()) == 43
    assert access.ensure_token() == (tmp_path / "token").read_text()


def test_only_the_token_is_admitted(access: Access, tmp_path: Path) -> None:
    token = access.ensure_token()
    assert access.admits(token)
    assert not access.admits("") and not access.admits(token[:-1]) and not access.admits("ä\udc80")
    (tmp_path / "token").unlink()
    assert not access.admits("") and not access.admits(token)


def test_a_session_is_known_to_another_process(access: Access, tmp_path: Path, time: Time) -> None:
    cookie = access.begin()
    session = Access(tmp_path, time).session(cookie)
    assert session is not None and session.form_token not in cookie


def test_a_session_ends(access: Access, time: Time) -> None:
    cookie = access.begin()
    time.seconds += SESSION_SECONDS - 1
    assert access.session(cookie) is not None
    time.seconds += 1
    assert access.session(cookie) is None


def test_a_new_token_ends_sessions(access: Access) -> None:
    old, cookie = access.ensure_token(), access.begin()
    assert access.new_token() != old
    assert access.session(cookie) is None and not access.admits(old)


@pytest.mark.parametrize("forged", ["", ".", "..", "a.99999999999.00", "a.b.c", "é.1.2"])
def test_a_forged_session_is_none(access: Access, forged: str) -> None:
    assert access.session(forged) is None


def test_a_longer_session_needs_a_new_signature(access: Access) -> None:
    name, expires, signature = access.begin().split(".")
    assert access.session(f"{name}.{int(expires) + 1}.{signature}") is None


def test_wrong_tokens_cost_more_and_more_time(time: Time) -> None:
    patience = Patience(time)
    for _ in range(FREE_ATTEMPTS):
        assert patience.wait("192.0.2.1") == 0
        patience.failed("192.0.2.1")
    assert patience.wait("192.0.2.1") == 1
    time.seconds += 1
    assert patience.wait("192.0.2.1") == 0
    patience.failed("192.0.2.1")
    assert patience.wait("192.0.2.1") == 2
    for _ in range(100):
        patience.failed("192.0.2.1")
    assert patience.wait("192.0.2.1") == LONGEST_WAIT
    assert patience.wait("192.0.2.2") == 0
    patience.succeeded("192.0.2.1")
    assert patience.wait("192.0.2.1") == 0


def test_only_so_many_addresses_are_remembered(time: Time) -> None:
    patience = Patience(time)
    for number in range(REMEMBERED + 1):
        for _ in range(FREE_ATTEMPTS):
            patience.failed(str(number))
    assert patience.wait("0") == 0 and patience.wait("1") == 1
