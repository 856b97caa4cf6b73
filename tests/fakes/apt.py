"""apt and dpkg as far as installing, listing and purging packages goes."""

from __future__ import annotations

from tests.fakes.processes import FakeProcesses

LISTING = ("dpkg-query", "--show", "--showformat", "${Package} ${db:Status-Abbrev}\n")


class Apt:
    """Answers for apt and dpkg: installing ``asked`` brings ``libs`` along; ``needed`` are others' needs.

    ``others`` are states of packages that are not wholly installed.
    """

    def __init__(self, processes: FakeProcesses, installed: set[str]) -> None:
        self.installed = installed
        self.others: dict[str, str] = {}
        self.libs = {"podman": {"conmon"}}
        self.needed: set[str] = set()
        self.marked: set[str] = set()
        processes.expect(*LISTING, answer=self.listing)
        processes.expect("apt-get", "update")
        processes.expect("apt-get", "install", answer=self.install)
        processes.expect("apt-mark", "auto", answer=self.mark)
        processes.expect("apt-get", "autoremove", "--simulate", answer=self.simulate)
        processes.expect("apt-get", "purge", answer=self.purge)
        processes.expect("dpkg", "--configure", "-a", answer=self.configure)

    def listing(self, argv: tuple[str, ...], input: str | None) -> str:
        states = {**dict.fromkeys(sorted(self.installed), "ii"), **self.others}
        return "".join(f"{name} {state} \n" for name, state in states.items())

    def install(self, argv: tuple[str, ...], input: str | None) -> str:
        for name in self.libs.keys() & set(argv):
            self.installed |= {name, *self.libs[name]}
        return ""

    def mark(self, argv: tuple[str, ...], input: str | None) -> str:
        self.marked = set(argv[2:])
        return ""

    def simulate(self, argv: tuple[str, ...], input: str | None) -> str:
        gone = self.marked | {"stale"}
        return "".join(f"Remv {name} [1.0]\n" for name in sorted(gone - self.needed))

    def purge(self, argv: tuple[str, ...], input: str | None) -> str:
        self.installed -= set(argv)
        self.others = {name: state for name, state in self.others.items() if name not in argv}
        return ""

    def configure(self, argv: tuple[str, ...], input: str | None) -> str:
        """dpkg configures what is unpacked."""
        self.installed |= {name for name, state in self.others.items() if state in ("iU", "iF")}
        self.others = {name: state for name, state in self.others.items() if name not in self.installed}
        return ""
