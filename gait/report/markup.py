"""The markup of a report: one page without scripts or anything to load. All that isn't markup goes through `text`."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence

STYLE = """
:root { color-scheme: light; --ink: #1c1f24; --soft: #5a616b; --line: #dfe2e6; --accent: #0072b2; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 66rem; color: var(--ink); background: #fff;
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; overflow-wrap: anywhere; }
h1 { font-size: clamp(1.25rem, 3.2vw, 1.75rem); line-height: 1.3; margin: 0.2rem 0 0.6rem; text-wrap: pretty; }
h2 { font-size: 1.15rem; margin: 2.2rem 0 0.6rem; }
p { margin: 0.4rem 0; }
.question, .note, figcaption { color: var(--soft); font-size: 0.875rem; }
.caution { border-left: 3px solid #d55e00; padding-left: 0.7rem; }
figure { margin: 1rem 0; }
.wide { overflow-x: auto; }
.wide svg { display: block; width: 100%; min-width: 34rem; height: auto; }
.wide svg text { font-family: "DejaVu Sans", Verdana, sans-serif; }
@media (max-width: 36rem) { figure .wide::before { content: "scroll sideways for all of it →"; color: var(--soft);
  font-size: 0.75rem; } }
table { border-collapse: collapse; font-size: 0.9rem; font-variant-numeric: tabular-nums; }
th, td { padding: 0.3rem 0.8rem 0.3rem 0; text-align: left; border-bottom: 1px solid var(--line); vertical-align: top;
  overflow-wrap: normal; white-space: nowrap; }
td:last-child:not(.number) { white-space: normal; min-width: 13rem; }
@media (max-width: 36rem) { td:last-child:not(.number) { min-width: 20rem; } }
th { font-weight: 600; color: var(--soft); white-space: normal; vertical-align: bottom; }
td.number, th.number { text-align: right; }
video { display: block; width: 100%; max-width: 60rem; height: auto; background: #eee; }
details { border-top: 1px solid var(--line); padding: 0.5rem 0; }
details:last-of-type { border-bottom: 1px solid var(--line); }
summary { cursor: pointer; font-weight: 600; }
summary:hover { color: var(--accent); }
pre { white-space: pre-wrap; background: #f5f6f8; padding: 0.7rem 0.9rem; border-radius: 4px; font-size: 0.85rem; }
@media print { details > * { display: block; } .wide { overflow: visible; } .wide svg { min-width: 0; } }
"""


def text(value: object) -> str:
    """Anything as text that can't be markup."""
    return html.escape(str(value), quote=True)


def page(title: str, parts: Iterable[str]) -> str:
    """A whole document of parts that are markup already."""
    body = "\n".join(parts)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        # even if something slipped through: nothing is loaded from elsewhere, no script runs
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
        'media-src data:; img-src data:">\n'
        f'<link rel="icon" href="data:,">\n<title>{text(title)}</title>\n<style>{STYLE}</style>\n</head>\n'
        f"<body>\n{body}\n</body>\n</html>\n"
    )


def paragraph(said: object, kind: str = "") -> str:
    """A paragraph of plain words."""
    return f'<p class="{kind}">{text(said)}</p>' if kind else f"<p>{text(said)}</p>"


def heading(said: object, level: int = 2) -> str:
    """A heading."""
    return f"<h{level}>{text(said)}</h{level}>"


def table(head: Sequence[str], rows: Sequence[Sequence[object]], numbers: Sequence[int] = ()) -> str:
    """A table of plain cells; the columns `numbers` stand right. It scrolls by itself where the page is narrow."""

    def line(cells: Sequence[object], tag: str) -> str:
        kinds = (' class="number"' if k in numbers else "" for k in range(len(cells)))
        return "".join(f"<{tag}{kind}>{text(cell)}</{tag}>" for cell, kind in zip(cells, kinds, strict=True))

    body = "\n".join(f"<tr>{line(row, 'td')}</tr>" for row in rows)
    top = line(head, "th")
    return f'<div class="wide"><table>\n<thead><tr>{top}</tr></thead>\n<tbody>\n{body}\n</tbody></table></div>'


def figure(svg: str, title: str, caption: str = "") -> str:
    """A plot, given as an SVG element, that scrolls by itself where the page is narrow."""
    labelled = svg.replace("<svg ", f'<svg role="img" aria-label="{text(title)}" ', 1)
    below = f"<figcaption>{text(caption)}</figcaption>" if caption else ""
    return f'<figure><div class="wide">{labelled}</div>{below}</figure>'


def details(title: str, parts: Iterable[str]) -> str:
    """What is there on demand."""
    inside = "\n".join(parts)
    return f"<details><summary>{text(title)}</summary>\n{inside}\n</details>"


def video(base64: str, label: str) -> str:
    """A video inside the page."""
    return (
        f'<video controls muted loop playsinline preload="auto" aria-label="{text(label)}" '
        f'src="data:video/mp4;base64,{base64}"></video>'
    )


def commands(lines: Sequence[str]) -> str:
    """Lines for a shell."""
    return f"<pre>{text(chr(10).join(lines))}</pre>"
