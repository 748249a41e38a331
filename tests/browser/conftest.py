"""A real Chromium on the live pages. Run as a pytest process of its own (`make test` does).

`open_page(user, path)` is the short way; `page` and `sign_in` are its parts. A page that breaks the Content
Security Policy or throws a script error fails its test.
"""

import os

# Playwright's own loop runs in this thread, which Django takes for an async context. Set in this process
# only, so that it does not hide real mistakes in the other tests.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from tests.run import chromium as find_chromium

DESKTOP = {"width": 1366, "height": 768}
PHONE = {"width": 390, "height": 844}
QUIET = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM") or find_chromium(),
            headless=True,
            args=QUIET,
            chromium_sandbox=False,  # it needs rights that containers withhold; only our own pages are opened
        )
        yield browser
        browser.close()


@dataclass
class Complaints:
    """What the browser holds against our pages: policy violations and script errors."""

    heard: list[str] = field(default_factory=list)
    listening: bool = True

    def console(self, message: ConsoleMessage) -> None:
        # A refused form answers 4xx, which the console reports as well; that is no complaint about the page.
        if (
            self.listening
            and message.type == "error"
            and not message.text.startswith("Failed to load resource")
        ):
            self.heard.append(message.text)

    def script_error(self, error: object) -> None:
        if self.listening:
            self.heard.append(str(error))


@pytest.fixture
def complaints() -> Iterator[Complaints]:
    kept = Complaints()
    yield kept
    assert not kept.heard, "the browser complained:\n" + "\n".join(kept.heard)


@pytest.fixture
def new_page(chromium: Browser, complaints: Complaints, live_server: Any) -> Iterator[Callable[..., Page]]:
    """new_page(viewport=DESKTOP, dark=False, **context_options) -> Page in a browser profile of its own."""
    contexts: list[BrowserContext] = []

    def make(viewport: dict[str, int] = DESKTOP, *, dark: bool = False, **options: Any) -> Page:
        context = chromium.new_context(
            base_url=live_server.url,
            viewport=viewport,
            color_scheme="dark" if dark else "light",
            locale="en-US",
            timezone_id="America/New_York",
            **options,
        )
        contexts.append(context)
        context.set_default_timeout(15_000)
        page = context.new_page()
        page.on("console", complaints.console)
        page.on("pageerror", complaints.script_error)
        return page

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """An empty desktop page, nobody signed in."""
    return new_page()


@pytest.fixture
def sign_in(live_server: Any) -> Callable[[Page, Any], Page]:
    """sign_in(page, user): the session without the round trip through the login form."""

    def sign(page: Page, user: Any) -> Page:
        client = Client()
        client.force_login(user)
        name = settings.SESSION_COOKIE_NAME
        page.context.add_cookies(
            [{"name": name, "value": client.cookies[name].value, "url": live_server.url}]
        )
        return page

    return sign


@pytest.fixture
def open_page(new_page: Callable[..., Page], sign_in: Callable[[Page, Any], Page]) -> Callable[..., Page]:
    """open_page(user, path, viewport=DESKTOP, dark=False) -> Page, loaded; the answer must be 200."""

    def open_(user: Any, path: str, viewport: dict[str, int] = DESKTOP, *, dark: bool = False) -> Page:
        page = sign_in(new_page(viewport, dark=dark), user)
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 200, f"{path} answered {answer.status}"
        return page

    return open_


@pytest.fixture
def check_accessibility(complaints: Complaints) -> Callable[..., None]:
    """check_accessibility(page, ignore=(), only=()): axe's serious and critical findings fail the test, each
    named. `only` names rules, for a page that was checked before in another look."""

    def check(page: Page, ignore: tuple[str, ...] = (), only: tuple[str, ...] = ()) -> None:
        options: dict[str, Any] = {"resultTypes": ["violations"]}  # what is right need not be carried over
        if only:
            options["runOnly"] = list(only)
        complaints.listening = False  # axe adds styles that our own policy forbids
        found = Axe().run(page, options=options).response["violations"]
        complaints.listening = True
        serious = [
            f"{one['id']} ({one['impact']}): {one['help']} at {[node['target'] for node in one['nodes']]}"
            for one in found
            if one["impact"] in {"serious", "critical"} and one["id"] not in ignore
        ]
        assert not serious, "not accessible:\n" + "\n".join(serious)

    return check


@pytest.fixture
def fits_width() -> Callable[[Page], bool]:
    """fits_width(page): nothing sticks out to the right, so nobody scrolls sideways."""
    return lambda page: page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


# What depends on the theme, and what on the width; everything else axe says is the same in every look.
OF_THEME = ("color-contrast", "link-in-text-block")
OF_WIDTH = ("scrollable-region-focusable",)


@pytest.fixture
def looks_right(
    open_page: Callable[..., Page],
    check_accessibility: Callable[..., None],
    fits_width: Callable[[Page], bool],
) -> Callable[..., Page]:
    """looks_right(user, paths, then=None) -> Page: every path answers 200, fits a desk and a phone and is accessible
    in both themes. `then(page)` is done with each page before it is looked at, such as opening what is folded."""
    looks = ((DESKTOP, "light", ()), (DESKTOP, "dark", OF_THEME), (PHONE, "dark", OF_WIDTH))

    def look(user: Any, paths: list[str], then: Callable[[Page], None] | None = None) -> Page:
        page = open_page(user, paths[0])
        page.emulate_media(reduced_motion="reduce")  # colours that are still changing cannot be judged
        for path in paths:
            page.set_viewport_size(DESKTOP)
            answer = page.goto(path)
            assert answer is not None
            assert answer.status == 200, f"{path} answered {answer.status}"
            if then is not None:
                then(page)
            for size, theme, rules in looks:
                page.set_viewport_size(size)
                page.emulate_media(color_scheme=theme)
                where = f"{path} at {size['width']} px, {theme}"
                assert fits_width(page), f"{where} sticks out"
                try:
                    check_accessibility(page, only=rules)
                except AssertionError as problem:
                    raise AssertionError(f"{where}: {problem}") from problem
        check_accessibility(page)  # the last one on a phone as a whole
        return page

    return look
