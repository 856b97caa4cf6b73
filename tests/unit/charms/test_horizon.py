"""horizon: below the ingress's path, with sessions in the cache."""

from typing import Any

import pytest
from ops import testing

from tests.unit.charms import answers

SETTINGS = "/etc/openstack-dashboard/local_settings.d/_99_sunbeam.py"
URL = "https://cloud/openstack-horizon"


@pytest.fixture(scope="module")
def context() -> Any:
    return answers.context("horizon")


def state(*without: str, leader: bool = True, **config: Any) -> testing.State:
    everything = {
        "identity-credentials": answers.identity_credentials(),
        "cache": answers.cache(),
        "ingress": answers.ingress("ingress", URL),
        "peers": testing.PeerRelation("peers"),
    }
    return testing.State(
        leader=leader,
        model=testing.Model("openstack", type="kubernetes"),
        containers=[testing.Container("horizon", can_connect=True)],
        relations=[relation for name, relation in everything.items() if name not in without],
        secrets=answers.SECRETS,
        config={key.replace("_", "-"): value for key, value in config.items()},
    )


def run(context: Any, before: testing.State) -> testing.State:
    after: testing.State = context.run(context.on.config_changed(), before)
    return after


def settings(context: Any, out: testing.State) -> dict[str, Any]:
    """The settings as Horizon sees them: a snippet is executed among its own names."""
    names: dict[str, Any] = {"HORIZON_CONFIG": {}}
    exec(answers.file(context, out, SETTINGS), names)
    return names


def test_it_runs_when_relations_are_complete(context: Any) -> None:
    out = run(context, state())
    assert out.unit_status == testing.ActiveStatus()
    assert answers.running(out) == {"horizon"}
    assert answers.services(out)["horizon"].user == "www-data"


@pytest.mark.parametrize("name", ["identity-credentials", "cache"])
def test_a_missing_relation_is_named(context: Any, name: str) -> None:
    out = run(context, state(name))
    assert out.unit_status == testing.BlockedStatus(f"Integrate horizon:{name}.")
    assert answers.services(out) == {}


def test_settings_behind_the_ingress(context: Any) -> None:
    seen = settings(context, run(context, state()))
    expected = {
        "FORCE_SCRIPT_NAME": "/openstack-horizon",
        "WEBROOT": "/openstack-horizon/",
        "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https"),
        "CSRF_TRUSTED_ORIGINS": ["https://cloud"],
        "CSRF_COOKIE_SECURE": True,
        "SESSION_COOKIE_PATH": "/openstack-horizon/",
        "OPENSTACK_KEYSTONE_URL": "http://keystone:5000/v3",
        "SESSION_ENGINE": "django.contrib.sessions.backends.cache",
        "DEBUG": False,
    }
    assert {key: seen[key] for key in expected} == expected
    assert seen["CACHES"]["default"]["LOCATION"] == ["memcached:11211"]
    assert len(seen["SECRET_KEY"]) > 40


def test_settings_without_ingress(context: Any) -> None:
    seen = settings(context, run(context, state("ingress")))
    assert seen["WEBROOT"] == "/"
    assert not {"FORCE_SCRIPT_NAME", "SECURE_PROXY_SSL_HEADER", "CSRF_COOKIE_SECURE"} & set(seen)


def test_text_of_the_operator_stays_text(context: Any) -> None:
    hostile = 'My "cloud"\\\nDEBUG = True'
    seen = settings(context, run(context, state(site_name=hostile, help_url="https://help/")))
    assert seen["SITE_BRANDING"] == hostile and seen["DEBUG"] is False
    assert seen["HORIZON_CONFIG"] == {"help_url": "https://help/"}


def test_the_key_of_sessions_is_kept(context: Any) -> None:
    before = run(context, state())
    after = run(context, before)
    assert settings(context, before)["SECRET_KEY"] == settings(context, after)["SECRET_KEY"]
    assert answers.services(before) == answers.services(after)


def test_other_units_wait_for_the_key(context: Any) -> None:
    out = run(context, state(leader=False))
    assert out.unit_status == testing.WaitingStatus("Waiting for the leader to make the key of sessions.")
    assert answers.services(out) == {}


def test_scripts_are_made_for_the_path_before_the_start(context: Any) -> None:
    out = run(context, state())
    script = answers.file(context, out, answers.services(out)["horizon"].command)
    assert script.index("manage.py compress") < script.index("exec uwsgi_python3 --ini ")


@pytest.mark.parametrize(
    ("without", "url"),
    [((), f"{URL}/"), (("ingress",), "http://horizon.openstack.svc.cluster.local:8080/")],
)
def test_get_dashboard_url(context: Any, without: tuple[str, ...], url: str) -> None:
    context.run(context.on.action("get-dashboard-url"), state(*without))
    assert context.action_results == {"url": url}
