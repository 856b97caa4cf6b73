"""certificates: signs what is asked, keeps what is good, tells everyone whom to trust."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ops import testing

from tests.unit.charms import answers


@pytest.fixture(scope="module")
def context() -> Any:
    return answers.context("certificates")


@pytest.fixture
def request_text(tmp_path: Path) -> str:
    """A signing request made by another program than the charm's library."""
    command = ["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    names = ["-subj", "/CN=cloud.example", "-addext", "subjectAltName=DNS:cloud.example,IP:10.20.30.5"]
    result = subprocess.run(
        [*command, *names, "-keyout", str(tmp_path / "key")], capture_output=True, check=True
    )
    return result.stdout.decode()


def asking(request: str) -> testing.Relation:
    wanted = json.dumps([{"certificate_signing_request": request, "ca": False}])
    return testing.Relation(
        "certificates",
        remote_app_name="ingress",
        remote_units_data={0: {"certificate_signing_requests": wanted}},
    )


def state(*relations: Any, leader: bool = True, **changes: Any) -> testing.State:
    return testing.State(leader=leader, relations=[testing.PeerRelation("peers"), *relations], **changes)


def issued(state: Any) -> list[dict[str, Any]]:
    (relation,) = state.get_relations("certificates")
    found: list[dict[str, Any]] = json.loads(relation.local_app_data["certificates"])
    return found


def test_a_certificate_verifies_against_the_authority(
    context: Any, request_text: str, tmp_path: Path
) -> None:
    after = context.run(context.on.config_changed(), state(asking(request_text)))
    (one,) = issued(after)
    (tmp_path / "ca").write_text(one["ca"])
    (tmp_path / "cert").write_text(one["certificate"])
    command = ["openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-verify_ip", "10.20.30.5"]
    result = subprocess.run([*command, "-CAfile", str(tmp_path / "ca"), str(tmp_path / "cert")])
    assert result.returncode == 0
    assert after.unit_status == testing.ActiveStatus()


def test_a_good_certificate_is_kept(context: Any, request_text: str) -> None:
    first = context.run(context.on.config_changed(), state(asking(request_text)))
    again = context.run(context.on.update_status(), first)
    assert issued(again) == issued(first)


def test_a_certificate_is_renewed_before_its_end(context: Any, request_text: str) -> None:
    first = context.run(context.on.config_changed(), state(asking(request_text)))
    longer = testing.State(
        leader=True,
        relations=first.relations,
        secrets=first.secrets,
        config={"certificate-validity": 4 * 365},
    )
    again = context.run(context.on.config_changed(), longer)
    assert issued(again)[0]["certificate"] != issued(first)[0]["certificate"]


def test_a_new_authority_signs_everything_again(context: Any, request_text: str) -> None:
    first = context.run(context.on.config_changed(), state(asking(request_text)))
    renamed = testing.State(
        leader=True, relations=first.relations, secrets=first.secrets, config={"ca-common-name": "Other"}
    )
    again = context.run(context.on.config_changed(), renamed)
    assert issued(again)[0]["ca"] != issued(first)[0]["ca"]


def test_a_withdrawn_request_is_forgotten(context: Any, request_text: str) -> None:
    first = context.run(context.on.config_changed(), state(asking(request_text)))
    (relation,) = first.get_relations("certificates")
    withdrawn = testing.Relation(
        "certificates", id=relation.id, remote_app_name="ingress", local_app_data=relation.local_app_data
    )
    again = context.run(context.on.config_changed(), state(withdrawn, secrets=first.secrets))
    assert issued(again) == []


def test_the_authority_is_sent_to_those_who_trust_it(context: Any) -> None:
    after = context.run(context.on.config_changed(), state(testing.Relation("send-ca-cert")))
    (relation,) = after.get_relations("send-ca-cert")
    assert relation.local_unit_data["ca"].startswith("-----BEGIN CERTIFICATE-----")
    assert json.loads(relation.local_unit_data["chain"]) == [relation.local_unit_data["ca"]]


def test_another_unit_waits_for_the_leader(context: Any) -> None:
    after = context.run(context.on.config_changed(), state(testing.Relation("send-ca-cert"), leader=False))
    (relation,) = after.get_relations("send-ca-cert")
    assert "ca" not in relation.local_unit_data
    with pytest.raises(testing.ActionFailed, match="no authority yet"):
        context.run(context.on.action("get-ca-certificate"), state(leader=False))


def test_actions_print_the_authority_and_what_it_signed(context: Any, request_text: str) -> None:
    first = context.run(context.on.config_changed(), state(asking(request_text)))
    context.run(context.on.action("get-ca-certificate"), first)
    assert context.action_results["ca-certificate"] == issued(first)[0]["ca"]
    context.run(context.on.action("get-issued-certificates"), first)
    assert context.action_results == {"count": 1, "certificates": "ingress: 364 days left"}
