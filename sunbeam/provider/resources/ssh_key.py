"""juju_ssh_key."""

from __future__ import annotations

import base64
import hashlib

from sunbeam.juju import machines
from sunbeam.provider.diagnostics import Diagnostic
from sunbeam.provider.resource import Resource, check_model_uuid, split_id
from sunbeam.provider.values import Object, known


class SshKey(Resource):
    type_name = "juju_ssh_key"

    def validate(self, config: Object) -> list[Diagnostic]:
        found = check_model_uuid(config)
        payload = config["payload"]
        if known(payload) and len(payload.split()) < 2:
            found.append(Diagnostic("Not a public key", "Expected a line of authorized_keys.", ("payload",)))
        return found

    async def create(self, plan: Object, config: Object) -> Object:
        model = await self.session.model(plan["model_uuid"])
        known = map(_key, await machines.ssh_keys(model)) if self.session.adopts else ()
        if _key(plan["payload"]) not in known:
            await machines.add_ssh_keys(model, self._user, [plan["payload"].strip()])
        return {"id": f"sshkey:{model.uuid}:{_identifier(plan['payload'])}"}

    async def read(self, state: Object) -> Object | None:
        model = await self.model_of(state)
        if model is None:
            return None
        wanted = state["id"].split(":", 2)[2]
        for line in await machines.ssh_keys(model):
            if wanted in (_identifier(line), _fingerprint(line)):
                written = state.get("payload")
                return {**state, "payload": written if written and _key(written) == _key(line) else line}
        return None

    async def delete(self, state: Object) -> None:
        model = await self.model_of(state)
        if model is not None:
            await machines.remove_ssh_keys(model, self._user, [_identifier(state["payload"])])

    async def locate(self, id: str) -> Object:
        kind, uuid, identifier = split_id(id, 3, "sshkey:MODEL_UUID:COMMENT")
        return {"model_uuid": uuid, "id": f"{kind.replace('_', '')}:{uuid}:{identifier}"}

    @property
    def _user(self) -> str:
        return self.session.controller.credentials.username


def _key(line: str) -> list[str]:
    """Type and key, without the comment."""
    return line.split()[:2]


def _identifier(line: str) -> str:
    """The comment, or the fingerprint where there is none."""
    words = line.split(maxsplit=2)
    return words[2].strip() if len(words) == 3 else _fingerprint(line)


def _fingerprint(line: str) -> str:
    """The MD5 form that Juju's DeleteKeys takes."""
    raw = base64.b64decode(line.split()[1] + "==")
    digest = hashlib.md5(raw, usedforsecurity=False).hexdigest()
    return ":".join(digest[index : index + 2] for index in range(0, 32, 2))
