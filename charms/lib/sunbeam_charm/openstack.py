"""Sections that the files of OpenStack services share; templates call them as ``{{ database(...) }}``."""

from collections.abc import Callable, Mapping

from .relations.identity_service import Identity
from .relations.mysql_client import DatabaseAccount

Value = str | int | bool


def section(name: str, options: Mapping[str, Value]) -> str:
    """An oslo.config section; booleans are written in lower case."""
    lines = [
        f"{key} = {str(value).lower() if isinstance(value, bool) else value}"
        for key, value in options.items()
    ]
    return "\n".join([f"[{name}]", *lines]) + "\n"


def database(account: DatabaseAccount, name: str = "database") -> str:
    options: dict[str, Value] = {
        "connection": account.url,
        "max_pool_size": 2,
        "max_overflow": 10,
        "connection_recycle_time": 280,
    }
    return section(name, options)


def account(identity: Identity, name: str, **more: Value) -> str:
    """A section with which a service authenticates: ``[service_user]``, ``[placement]``, ``[neutron]`` ..."""
    return section(name, _credentials(identity) | more)


def keystone_authtoken(identity: Identity, cache: str | None) -> str:
    """How an API checks tokens; ``cache`` is what the memcache relation gave, or None."""
    options: dict[str, Value] = {"www_authenticate_uri": identity.public_auth_url, **_credentials(identity)}
    if cache:
        options["memcached_servers"] = cache
    options |= {"service_token_roles": "service", "service_token_roles_required": True}
    return section("keystone_authtoken", options)


def service_user(identity: Identity) -> str:
    """With it a long operation outlives the user's own token."""
    return account(identity, "service_user", send_service_user_token=True)


def oslo_cache(cache: str | None) -> str:
    """``[cache]``: memcached where there is one, no cache else."""
    if not cache:
        return section("cache", {"enabled": False})
    backend = "oslo_cache.memcache_pool"
    return section("cache", {"enabled": True, "backend": backend, "memcache_servers": cache})


def uwsgi(name: str, port: int, wsgi_file: str, *, home: str, threads: int = 4, **more: Value) -> str:
    """A uWSGI file for one process under the service's own user.  ``more`` are further options.

    nova and neutron take no threads.  ``Content-Length`` is dropped as in Debian's files, for keep-alive bugs
    of uWSGI's own HTTP server.
    """
    options: dict[str, Value] = {
        "http-socket": f":{port}",
        "plugins": "python3",
        "wsgi-file": wsgi_file,
        "name": name,
        "chdir": home,
        "master": True,
        "processes": 1,
        "threads": threads,
        "enable-threads": True,
        "lazy-apps": True,
        "thunder-lock": True,
        "buffer-size": 65535,
        # An API may refuse a request without reading its body; a socket closed on unread data is a reset,
        # which a proxy answers with 502.
        "post-buffering": 65536,
        "need-app": True,
        "rem-header": "Content-Length",
        "add-header": "Connection: close",
        "no-orphans": True,
        "die-on-term": True,
        "close-on-exec": True,
        "paste-logger": True,
        "listen": 100,
    }
    return section("uwsgi", options | {key.replace("_", "-"): value for key, value in more.items()})


def _credentials(identity: Identity) -> dict[str, Value]:
    return {
        "auth_url": identity.auth_url,
        "auth_type": "password",
        "project_domain_name": identity.project_domain_name,
        "user_domain_name": identity.user_domain_name,
        "project_name": identity.project_name,
        "username": identity.username,
        "password": identity.password,
        "region_name": identity.region,
    }


HELPERS: dict[str, Callable[..., str]] = {
    "section": section,
    "database": database,
    "account": account,
    "keystone_authtoken": keystone_authtoken,
    "service_user": service_user,
    "oslo_cache": oslo_cache,
}
