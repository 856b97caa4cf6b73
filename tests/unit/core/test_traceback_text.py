from __future__ import annotations

from sunbeam.core.traceback_text import last_words

TRACEBACK = """\
Loading
Traceback (most recent call last):
  File "/var/lib/engine/units/x/charm/src/charm.py", line 40, in <module>
    ops.main(Charm)
    ~~~~~~~~^^^^^^^
  File "/var/lib/engine/units/x/charm/src/charm.py", line 12, in _on_start
    run(self.container, "mariadb")
  File "/usr/lib/python3/dist-packages/ops/model.py", line 9, in exec
    raise error
ops.pebble.ExecError: non-zero exit code 1 executing ['mariadb'], stdout='', stderr='denied'
"""


def test_the_charms_own_frame_and_the_exception_are_told() -> None:
    assert last_words(TRACEBACK) == (
        "ops.pebble.ExecError: non-zero exit code 1 executing ['mariadb'], stdout='', stderr='denied'\n"
        'src/charm.py:12 in _on_start: run(self.container, "mariadb")'
    )


def test_of_two_tracebacks_the_last_counts() -> None:
    chained = (
        "Traceback (most recent call last):\n  File \"a.py\", line 1, in f\n    x\nKeyError: 'x'\n\n"
        "During handling of the above exception, another exception occurred:\n\n"
        'Traceback (most recent call last):\n  File "b.py", line 2, in g\n    y\nRuntimeError: no y\n'
    )
    assert last_words(chained) == "RuntimeError: no y\nb.py:2 in g: y"


def test_output_without_a_traceback_gives_its_last_lines() -> None:
    assert last_words("one\ntwo\n\nthree\nfour\nfive\n") == "two\nthree\nfour\nfive"
    assert last_words("") == ""
