"""What a reader sees of a page: its text, one line a block, one line a row of a table."""

from __future__ import annotations

from html.parser import HTMLParser

UNSEEN = {"script", "style", "svg"}
CELLS = {"td", "th", "dd", "summary"}
BLOCKS = {
    *("article", "aside", "blockquote", "caption", "details", "div", "dl", "dt", "figcaption", "figure", "footer"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "header", "li", "main", "nav", "ol", "p", "pre", "section", "summary"),
    *("table", "tbody", "thead", "title", "tr", "ul"),
}


class _Text(HTMLParser):
    """Collects lines; cells of one row, and a term with its definition, share one."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.words: list[str] = []
        self.unseen = 0

    def end_line(self) -> None:
        line = " ".join("".join(self.words).split())
        self.words = []
        if line.strip("| "):
            self.lines.append(line.removeprefix("| "))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in UNSEEN:
            self.unseen += 1
        elif tag in BLOCKS:
            self.end_line()
        elif tag in CELLS:
            self.words.append(" | ")
        elif tag == "img":
            self.words.append(f"[{dict(attrs).get('alt') or 'figure'}]")
        elif tag in {"br", "small"}:
            self.words.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in UNSEEN:
            self.unseen -= 1
        elif tag in BLOCKS:
            self.end_line()

    def handle_data(self, data: str) -> None:
        if not self.unseen:
            self.words.append(data)


def page_lines(page: str) -> list[str]:
    """The text of a page, without its styles, its drawings and its comments."""
    parser = _Text()
    parser.feed(page)
    parser.close()
    parser.end_line()
    return parser.lines
