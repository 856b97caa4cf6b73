"""The resource types, one file each."""

from __future__ import annotations

from sunbeam.provider.resource import Resource
from sunbeam.provider.resources.access_secret import AccessSecret
from sunbeam.provider.resources.application import Application
from sunbeam.provider.resources.integration import Integration
from sunbeam.provider.resources.machine import Machine
from sunbeam.provider.resources.model import ModelResource
from sunbeam.provider.resources.offer import OfferResource
from sunbeam.provider.resources.secret import SecretResource
from sunbeam.provider.resources.ssh_key import SshKey

RESOURCES: tuple[type[Resource], ...] = (
    ModelResource, Application, Integration, OfferResource, SecretResource, AccessSecret, Machine, SshKey,
)  # fmt: skip
