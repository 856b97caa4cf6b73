"""The SQL that gives each integrated application its database and account.

It is repeatable, and goes to the client's standard input: no password is ever in an argument list.
"""

import re
from dataclasses import dataclass, field

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")


@dataclass(frozen=True)
class Grant:
    """``username`` may do everything in ``database``, and nothing else."""

    username: str
    database: str
    password: str = field(repr=False)


def valid_name(database: str) -> bool:
    """Whether a name needs no quoting rules of its own."""
    return _NAME.fullmatch(database) is not None


def grant_statements(grant: Grant) -> str:
    account = f"'{grant.username}'@'%'"
    return (
        f"CREATE DATABASE IF NOT EXISTS `{grant.database}`;\n"
        f"CREATE USER IF NOT EXISTS {account} IDENTIFIED BY '{grant.password}';\n"
        f"ALTER USER {account} IDENTIFIED BY '{grant.password}';\n"
        f"GRANT ALL PRIVILEGES ON `{grant.database}`.* TO {account};\n"
    )


def drop_statement(username: str) -> str:
    """The account goes; its database stays."""
    return f"DROP USER IF EXISTS '{username}'@'%';\n"
