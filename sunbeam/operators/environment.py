"""The environment of a hook: the variables Juju sets and ops reads."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from sunbeam.core.proxy import Proxy
from sunbeam.operators.context import HookContext
from sunbeam.operators.entities import Secret, Storage
from sunbeam.operators.operations.secrets import is_owner, reader_name

JUJU_VERSION = "3.6.12"
"""The version announced to clients and charms: ops gates secrets and Pebble features on it."""

_PASSED_THROUGH = ("HOME", "TZ", "SSL_CERT_FILE")
_LEGACY_PROXY = {
    "http-proxy": "http_proxy",
    "https-proxy": "https_proxy",
    "ftp-proxy": "ftp_proxy",
    "no-proxy": "no_proxy",
}
"""Keys of a model's configuration that Juju puts into hooks as the variables that programs know."""
_OWN_PROGRAMS = Path(sys.executable).parent
"""First on the path, so that a dispatch that starts ``python3`` gets the one that has ops."""
_DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def hook_environment(context: HookContext, api_address: str) -> dict[str, str]:
    """All variables of the hook that ``context`` stands for; nothing else is inherited."""
    unit, hook = context.unit, context.hook
    charm_folder = str(context.folders.charm(unit))
    environment = {name: os.environ[name] for name in _PASSED_THROUGH if name in os.environ}
    environment |= {
        "CHARM_DIR": charm_folder,
        "CLOUD_API_VERSION": "",
        "DEBIAN_FRONTEND": "noninteractive",
        "APT_LISTCHANGES_FRONTEND": "none",
        "JUJU_AGENT_SOCKET_ADDRESS": str(context.folders.socket),
        "JUJU_AGENT_SOCKET_NETWORK": "unix",
        "JUJU_API_ADDRESSES": api_address,
        "JUJU_AVAILABILITY_ZONE": "",
        "JUJU_CHARM_DIR": charm_folder,
        "JUJU_CONTEXT_ID": context.id,
        "JUJU_DISPATCH_PATH": f"hooks/{hook.name}",
        "JUJU_HOOK_NAME": hook.name,
        "JUJU_MACHINE_ID": unit.machine,
        "JUJU_MODEL_NAME": context.model.name,
        "JUJU_MODEL_UUID": unit.model_uuid,
        "JUJU_PRINCIPAL_UNIT": unit.principal,
        "JUJU_UNIT_NAME": unit.name,
        "JUJU_VERSION": JUJU_VERSION,
        "LANG": "C.UTF-8",
        "PATH": f"{context.folders.tools}:{_OWN_PROGRAMS}:{os.environ.get('PATH', _DEFAULT_PATH)}",
        "TERM": "dumb",
    }
    for extra in (_proxy, _relation, _action, _storage, _workload, _secret):
        environment |= extra(context)
    return environment


def _proxy(context: HookContext) -> dict[str, str]:
    """As in Juju: a charm decides what it uses ``juju-http-proxy`` for, ``http-proxy`` is for everything."""
    node = Proxy.kept(context.folders.paths) or Proxy()
    config = {**node.model_config, **context.model.config}
    variables = {
        f"JUJU_CHARM_{scheme.upper()}_PROXY": str(config.get(f"juju-{scheme}-proxy", ""))
        for scheme in ("http", "https", "ftp", "no")
    }
    for key, name in _LEGACY_PROXY.items():
        if value := str(config.get(key) or ""):
            variables |= {name: value, name.upper(): value}
    return variables


def _relation(context: HookContext) -> dict[str, str]:
    hook = context.hook
    if not hook.relation:
        return {}
    variables = {
        "JUJU_RELATION": hook.endpoint,
        "JUJU_RELATION_ID": f"{hook.endpoint}:{hook.relation}",
        "JUJU_REMOTE_APP": hook.remote_application,
        "JUJU_REMOTE_UNIT": hook.remote_unit,
    }
    return variables | ({"JUJU_DEPARTING_UNIT": hook.departing_unit} if hook.departing_unit else {})


def _action(context: HookContext) -> dict[str, str]:
    action = context.action
    if action is None:
        return {}
    return {
        "JUJU_ACTION_NAME": action.name,
        "JUJU_ACTION_UUID": action.id,
        "JUJU_ACTION_TAG": f"action-{action.id}",
        "JUJU_DISPATCH_PATH": f"actions/{action.name}",
    }


def _storage(context: HookContext) -> dict[str, str]:
    storage = context.store.get(Storage, context.unit.model_uuid, context.hook.storage)
    if storage is None:
        return {}
    return {
        "JUJU_STORAGE_ID": storage.tag,
        "JUJU_STORAGE_LOCATION": storage.location,
        "JUJU_STORAGE_KIND": "filesystem",
    }


def _workload(context: HookContext) -> dict[str, str]:
    hook = context.hook
    if not hook.workload:
        return {}
    variables = {"JUJU_WORKLOAD_NAME": hook.workload}
    if hook.notice_id:
        variables |= {
            "JUJU_NOTICE_ID": hook.notice_id,
            "JUJU_NOTICE_TYPE": hook.notice_type,
            "JUJU_NOTICE_KEY": hook.notice_key,
        }
    return variables | ({"JUJU_PEBBLE_CHECK_NAME": hook.check} if hook.check else {})


def _secret(context: HookContext) -> dict[str, str]:
    hook, unit = context.hook, context.unit
    if not hook.secret:
        return {}
    secret = next((secret for secret in context.store.all(Secret) if secret.id == hook.secret), None)
    if secret is None:
        return {"JUJU_SECRET_ID": f"secret:{hook.secret}", "JUJU_SECRET_LABEL": ""}
    owned = is_owner(secret, unit.model_uuid, unit.name)
    consumer = secret.consumers.get(reader_name(secret, unit.model_uuid, unit.name))
    variables = {
        "JUJU_SECRET_ID": secret.uri,
        "JUJU_SECRET_LABEL": secret.label if owned else consumer.label if consumer else "",
    }
    if hook.kind in ("secret-remove", "secret-expired"):
        variables["JUJU_SECRET_REVISION"] = str(hook.version)
    return variables
