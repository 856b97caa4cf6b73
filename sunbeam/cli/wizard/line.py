"""The line editor on a terminal that can move its cursor: the page is drawn anew with each key and resize."""

from __future__ import annotations

import asyncio
import io
import os
import shutil
from collections.abc import Callable
from functools import partial
from typing import Any

from prompt_toolkit.application import Application
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.document import Document
from prompt_toolkit.filters import Condition
from prompt_toolkit.formatted_text import ANSI
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.layout import BufferControl, FormattedTextControl, HSplit, Layout, VSplit, Window
from prompt_toolkit.layout.processors import AfterInput, ConditionalProcessor
from prompt_toolkit.renderer import CPR_Support
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from sunbeam.cli.wizard.page import BACK, Page, columns, one_line


def ask(page: Page) -> str | None:
    """See ``sunbeam.cli.wizard.page.Ask``."""
    return _Editor(page).ask()


class _Line(Buffer):
    """The text that is typed and pasted."""

    def insert_text(self, data: str, *args: Any, **options: Any) -> None:
        super().insert_text(one_line(data), *args, **options)


class _Editor:
    """``_start`` is the text at first, ``_tried`` what Enter refused last."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._tried: str | None = None
        self._buffer = _Line(multiline=False)
        self._start = page.value if page.editable else ""
        self._buffer.set_document(Document(self._start))

    def ask(self) -> str | None:
        application: Application[str | None] = Application(
            layout=Layout(self._layout(), focused_element=self._buffer),
            key_bindings=self._keys(),
            erase_when_done=True,
        )
        application.renderer.cpr_support = CPR_Support.NOT_SUPPORTED  # serial consoles do not answer
        # prompt_toolkit would show what a key or a drawing raises, and hear no key after that.
        return application.run(partial(_end_by_exceptions, application), set_exception_handler=False)

    @property
    def _text(self) -> str:
        return self._buffer.text

    @property
    def _problem(self) -> str:
        return self._page.problem(self._page.meant(self._text))

    def _layout(self) -> HSplit:
        above = _window(lambda: self._page.body(self._page.meant(self._text)))
        prompt = Window(FormattedTextControl("> "), width=2, dont_extend_width=True)
        stands_in = AfterInput(lambda: _drawn(Text(self._page.placeholder, "dim")))
        where_empty = ConditionalProcessor(stands_in, Condition(lambda: not self._text))
        typed = Window(BufferControl(self._buffer, [where_empty]), height=1, dont_extend_height=True)
        return HSplit([above, VSplit([prompt, typed]), _window(self._below)])

    def _below(self) -> RenderableType:
        """What is wrong with the text, and what the keys do."""
        words = ["Enter next", "↑↓ choose"] if self._page.choices else ["Enter next"]
        keys = Text("  ·  ".join([*words, "Ctrl-B back", "Ctrl-C leave"]), "dim")
        touched = self._text != self._start or self._tried is not None
        if touched and self._text.strip() != BACK and (problem := self._problem):
            wrong = Text(f"✗ {problem}", "bold red" if self._text == self._tried else "red")
            return _indented(Group(wrong, keys))
        return _indented(keys)

    def _take(self, event: KeyPressEvent) -> None:
        if self._text.strip() == BACK:
            event.app.exit(result=None)
        elif self._problem:
            self._tried = self._text
        else:
            event.app.exit(result=self._page.meant(self._text))

    def _choose(self, step: int) -> Callable[[KeyPressEvent], None]:
        def choose(event: KeyPressEvent) -> None:
            self._buffer.set_document(Document(self._page.next_choice(self._text, step)))

        return choose

    def _keys(self) -> KeyBindings:
        keys = KeyBindings()
        keys.add("enter")(self._take)
        for back in ("c-b", "s-tab"):
            keys.add(back)(lambda event: event.app.exit(result=None))
        for leave in ("c-c", "<sigint>"):
            keys.add(leave)(_leave)
        keys.add("c-d", filter=Condition(lambda: not self._text))(_leave)
        has_choices = Condition(lambda: bool(self._page.choices))
        keys.add("up", filter=has_choices)(self._choose(-1))
        keys.add("down", filter=has_choices)(self._choose(1))
        return keys


def _end_by_exceptions(application: Application[str | None]) -> None:
    """Let what is raised in the event loop end ``application``, which raises it."""

    def end(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if not application.is_done:
            application.exit(exception=context.get("exception") or RuntimeError(context["message"]))

    asyncio.get_running_loop().set_exception_handler(end)


def _indented(text: RenderableType) -> RenderableType:
    return Padding(text, (0, 0, 0, 2))


def _leave(event: KeyPressEvent) -> None:
    event.app.exit(exception=KeyboardInterrupt)


def _window(content: Callable[[], RenderableType]) -> Window:
    return Window(FormattedTextControl(lambda: _drawn(content())), dont_extend_height=True)


def _drawn(content: RenderableType) -> ANSI:
    """Rich's text as prompt_toolkit's, for the width that the terminal has now."""
    text = io.StringIO()
    width = columns(shutil.get_terminal_size().columns)
    no_color = bool(os.environ.get("NO_COLOR"))
    Console(file=text, width=width, force_terminal=True, no_color=no_color, highlight=False).print(content)
    return ANSI(text.getvalue().rstrip("\n"))
