from __future__ import annotations

from hypothesis import given
from hypothesis.strategies import lists, sampled_from, text

from sunbeam.core.errors import PreflightFailed, Problem
from sunbeam.core.redaction import REPLACEMENT, Redactor

SECRET = text("abcdef123", min_size=4, max_size=12)


@given(secrets=lists(SECRET, min_size=1, max_size=5), around=text("xyz ", max_size=5))
def test_no_registered_secret_is_left_in_any_text(secrets: list[str], around: str) -> None:
    redactor = Redactor()
    for secret in secrets:
        redactor.add(secret)
    redacted = redactor.redact(around.join(["begin ", *secrets, " end"]))
    assert not any(secret in redacted for secret in secrets)
    assert redacted.startswith("begin ") and redacted.endswith(" end")


@given(short=sampled_from(["", "a", "on", "yes"]))
def test_short_values_are_no_secrets(short: str) -> None:
    redactor = Redactor()
    redactor.add(short)
    assert redactor.redact("the only one says yes") == "the only one says yes"


def test_each_line_of_a_key_is_secret_and_so_is_its_json_form() -> None:
    redactor = Redactor()
    redactor.add('-----BEGIN-----\nMIIEv"quoted"\n-----END-----')
    assert redactor.redact('MIIEv"quoted"') == REPLACEMENT
    assert redactor.redact('{"key": "MIIEv\\"quoted\\""}') == f'{{"key": "{REPLACEMENT}"}}'


def test_problems_are_redacted_in_every_field() -> None:
    redactor = Redactor()
    redactor.add("hunter22")
    problem = Problem("hunter22", "at hunter22", "of hunter22", "type hunter22", evidence="saw hunter22")
    error = PreflightFailed([problem])
    error.redact(redactor.redact)
    assert "hunter22" not in str(error) and str(error).count(REPLACEMENT) == 5
