"""The HTML twin of a message: one template, every value escaped, styles inlined because mail programs drop style sheets."""

from __future__ import annotations

from functools import lru_cache

import css_inline
import jinja2

from tracker.render.page import Page

_LANGUAGE = "en"


def html(page: Page) -> str:
    """The whole message as HTML that fetches nothing: no images, no scripts, no remote styles."""
    return _inliner().inline(template("message.html.j2").render(page=page, language=_LANGUAGE))


def template(name: str) -> jinja2.Template:
    """A template of this room, every value escaped."""
    return _environment().get_template(name)


@lru_cache(maxsize=1)
def _environment() -> jinja2.Environment:
    # Escaping is on for every name: jinja's select_autoescape() would leave a file called .html.j2 unescaped.
    return jinja2.Environment(
        loader=jinja2.PackageLoader("tracker.render", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@lru_cache(maxsize=1)
def _inliner() -> css_inline.CSSInliner:
    # The style element stays for its @media rules (dark mode, phones); remote sheets would be fetched by default.
    return css_inline.CSSInliner(keep_style_tags=True, load_remote_stylesheets=False)
