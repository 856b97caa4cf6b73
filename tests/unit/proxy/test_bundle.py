from __future__ import annotations

from pathlib import Path

from sunbeam.core.paths import Paths
from sunbeam.core.proxy import Proxy, proxy_file
from sunbeam.doctor.bundle.secrets import Secrets


def test_no_bundle_holds_the_password_of_a_proxy(tmp_path: Path) -> None:
    file = proxy_file(Paths(tmp_path))
    file.parent.mkdir(parents=True)
    file.write_text(Proxy("http://ann:hunter%2022@proxy.example.org:3128").dump())
    masked = Secrets(Paths(tmp_path)).mask("407 for ann, hunter 22; asked as hunter%2022")
    assert masked == "407 for ann, ********; asked as ********"
