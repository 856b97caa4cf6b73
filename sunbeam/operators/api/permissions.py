"""Who may call what: the access a method needs against the access a user has."""

from __future__ import annotations

from typing import Literal

from sunbeam.operators.entities import Model, Offer, User
from sunbeam.operators.operations.errors import Unauthorized
from sunbeam.operators.operations.users import CONTROLLER_LEVELS, MODEL_LEVELS, OFFER_LEVELS

ControllerLevel = Literal["login", "add-model", "superuser"]
ModelLevel = Literal["read", "write", "admin"]
OfferLevel = Literal["read", "consume", "admin"]
Access = ControllerLevel | ModelLevel
"""What a method needs: a controller level, or a level on the model of the connection."""


def is_superuser(user: User) -> bool:
    return user.access == "superuser"


def model_access(user: User, model: Model) -> str:
    """A superuser is an administrator of every model."""
    return "admin" if is_superuser(user) else model.access.get(user.name, "")


def offer_access(user: User, model: Model, offer: Offer) -> str:
    """Administrators of the offering model are administrators of its offers."""
    return "admin" if model_access(user, model) == "admin" else offer.access.get(user.name, "")


def has_controller_access(user: User, level: ControllerLevel) -> bool:
    return CONTROLLER_LEVELS.index(user.access) >= CONTROLLER_LEVELS.index(level)


def has_model_access(user: User, model: Model, level: ModelLevel) -> bool:
    return MODEL_LEVELS.index(model_access(user, model)) >= MODEL_LEVELS.index(level)


def has_offer_access(user: User, model: Model, offer: Offer, level: OfferLevel) -> bool:
    return OFFER_LEVELS.index(offer_access(user, model, offer)) >= OFFER_LEVELS.index(level)


def require(user: User, model: Model | None, access: Access) -> None:
    """Raises Unauthorized unless ``user`` has ``access`` on the controller, or on ``model``."""
    match access:
        case "login" | "add-model" | "superuser":
            allowed = has_controller_access(user, access)
        case "read" | "write" | "admin":
            allowed = model is not None and has_model_access(user, model, access)
    if not allowed:
        raise Unauthorized()
