"""A model's Markdown as HTML that runs nothing.

JupyterLab does not sanitise the Markdown of a cell that was just run (the cell is trusted, and scripts in it run), so
the HTML is made here: every tag is ours, every word of the model is escaped, links lead only to the web and to mail,
and pictures become links, because loading one would tell its server that the answer was read.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from mistune import HTMLRenderer

__all__ = ["to_html"]

_WORDS: Final = re.compile(r"[^\W_](?:[^\W_]|[ ,;?])*[.!]?")  # one line in which nothing is a mark
_SAFE_LINK: Final = re.compile(r"(?:https?://|mailto:|#)", re.IGNORECASE)


def to_html(text: str) -> str:
    """The text as HTML.

    Example:
        >>> to_html("**4** <script>alert(1)</script>")
        '<p><strong>4</strong> &lt;script&gt;alert(1)&lt;/script&gt;</p>\\n'
    """
    if _WORDS.fullmatch(text):
        return f"<p>{text}</p>\n"
    return _parser()(text)


@lru_cache(maxsize=1)
def _parser() -> Callable[[str], str]:
    import mistune  # 0.06 s: only when an answer is shown in a notebook

    parse: Any = mistune.create_markdown(renderer=_renderer(), plugins=["strikethrough", "table", "math"])
    return parse


def _renderer() -> HTMLRenderer:
    from mistune import HTMLRenderer

    class Safe(HTMLRenderer):
        """HTML whose every tag is its own."""

        def link(self, text: str, url: str, title: str | None = None) -> str:
            """A link to the web or to mail; anything else stays text."""
            target = html.unescape(url).strip()
            if not _SAFE_LINK.match(target):
                return f"{text} ({html.escape(target)})"
            named = f' title="{html.escape(title)}"' if title else ""
            return f'<a href="{html.escape(target)}"{named} rel="noopener noreferrer" target="_blank">{text}</a>'

        def image(self, text: str, url: str, title: str | None = None) -> str:
            """A link in the picture's place."""
            return self.link(f"image: {text or 'without words'}", url, title)

        def block_code(self, code: str, info: str | None = None) -> str:
            """Code; the language is its first word."""
            language = re.sub(r"[^\w+#.-]", "", (info or "").split(None, 1)[0]) if (info or "").split() else ""
            marked = f' class="language-{language}"' if language else ""
            return f"<pre><code{marked}>{html.escape(code)}</code></pre>\n"

    return Safe(escape=True)
