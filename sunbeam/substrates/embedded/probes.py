"""Questions that only an attempt answers, made where it leaves no trace: in a namespace that ends with it."""

from __future__ import annotations

from sunbeam.core.process import Processes

SECONDS = 10
NAT_TABLE = "table ip probe { chain c { type nat hook postrouting priority srcnat; masquerade; }; }"


class Probe:
    """Runs small programs; a missing program, an error and a stall all mean "no"."""

    def __init__(self, processes: Processes) -> None:
        self._processes = processes

    async def output(self, *argv: str) -> str:
        """Its stdout, or nothing if it failed."""
        try:
            completed = await self._processes.run(argv, check=False, timeout=SECONDS)
        except (OSError, TimeoutError):
            return ""
        return completed.stdout if completed.returncode == 0 else ""

    async def answer(self, *argv: str) -> str:
        """Its stdout; nothing if it is not there; after a ``!`` why it failed."""
        try:
            completed = await self._processes.run(argv, check=False, timeout=SECONDS)
        except FileNotFoundError:
            return ""
        except TimeoutError:
            return f"!no answer within {SECONDS} s"
        except OSError as error:
            return f"!{error}"
        if completed.returncode == 0:
            return completed.stdout
        last = (completed.stderr or completed.stdout).strip().splitlines()[-1:]
        return f"!exit code {completed.returncode}: {''.join(last)}"

    async def succeeds(self, *argv: str, input: str | None = None) -> bool:
        try:
            completed = await self._processes.run(argv, input=input, check=False, timeout=SECONDS)
        except (OSError, TimeoutError):
            return False
        return completed.returncode == 0

    async def nftables_nat(self) -> bool:
        return await self.succeeds("unshare", "--net", "nft", "-f", "-", input=NAT_TABLE)

    async def iptables_nat(self) -> bool:
        rule = ("iptables", "-t", "nat", "-A", "POSTROUTING", "-j", "MASQUERADE")
        return await self.succeeds("unshare", "--net", *rule)

    async def forward_policy(self) -> str:
        first = (await self.output("iptables", "-S", "FORWARD")).partition("\n")[0].split()
        return first[2] if first[:2] == ["-P", "FORWARD"] else "ACCEPT"
