"""What a charm has seen after each hook: the other half of the resolver, just as pure."""

from __future__ import annotations

from sunbeam.operators.entities import Seen, SeenRelation
from sunbeam.operators.hooks import Hook

JOINED_BUT_UNCHANGED = -1
"""The seen version of a remote unit between its relation-joined and its first relation-changed."""


def seen_after(hook: Hook, before: Seen) -> Seen:
    """What the charm has seen once ``hook`` succeeded.  ``before`` stays as it is."""
    seen = before.model_copy(deep=True)
    relation = seen.relations.get(hook.relation, SeenRelation())
    secret = f"{hook.secret}/{hook.version}"
    match hook.kind:
        case "install":
            seen.installed, seen.charm_url = True, hook.value
        case "upgrade-charm":
            seen.charm_url, seen.config_hash, seen.started = hook.value, "", False
        case "leader-elected":
            seen.leader = True
        case "config-changed":
            seen.config_hash = hook.value
        case "start":
            seen.started, seen.boot_id, seen.update_status_at = True, hook.value, hook.at
        case "update-status":
            seen.update_status_at = hook.at
        case "stop":
            seen.stopped = True
        case "remove":
            seen.removed = True
            seen.relations.clear()
        case "relation-created":
            seen.relations[hook.relation] = SeenRelation()
        case "relation-joined":
            relation.units[hook.remote_unit] = JOINED_BUT_UNCHANGED
        case "relation-changed" if hook.remote_unit:
            relation.units[hook.remote_unit] = hook.version
        case "relation-changed":
            relation.applications[hook.remote_application] = hook.version
        case "relation-departed":
            relation.units.pop(hook.remote_unit, None)
        case "relation-broken":
            seen.relations.pop(hook.relation, None)
        case "storage-attached":
            seen.storage.append(hook.storage)
        case "storage-detaching":
            seen.storage.remove(hook.storage)
        case "pebble-ready":
            seen.pebble_ready[hook.workload] = hook.value
        case "pebble-custom-notice":
            seen.notices[f"{hook.workload}/{hook.notice_id}"] = hook.value
        case "pebble-check-failed" | "pebble-check-recovered":
            seen.checks[f"{hook.workload}/{hook.check}"] = hook.value
        case "secret-changed":
            seen.secrets[hook.secret] = hook.version
        case "secret-expired":
            seen.secret_expiries[secret] = hook.at
        case "secret-remove":
            seen.secret_removals.append(secret)
        case "secret-rotate" | "action":
            pass  # told again or not by the secret's next rotation, the action's status
    return seen
