"""A file that sets up a shell for the openstack client."""

import shlex


def openrc(auth_url: str, username: str, password: str, project: str, region: str) -> str:
    variables = {
        "OS_AUTH_URL": auth_url,
        "OS_IDENTITY_API_VERSION": "3",
        "OS_USERNAME": username,
        "OS_PASSWORD": password,
        "OS_PROJECT_NAME": project,
        "OS_USER_DOMAIN_NAME": "Default",
        "OS_PROJECT_DOMAIN_NAME": "Default",
        "OS_REGION_NAME": region,
    }
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items())
