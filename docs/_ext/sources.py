"""Links out of docs/ lead to pages of the built documentation: code as it stands, highlighted, and Markdown as text.

The pages say `[month.py](../gridsim/model/month.py)`, which works in a checkout and where the repository is browsed.
"""

from __future__ import annotations

import html
import posixpath
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from markdown_it import MarkdownIt
from mdit_py_plugins.anchors import anchors_plugin
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms import SphinxTransform

ROOT = Path(__file__).parents[2]
DOCS = "docs/"
FOLDER = "sources"
LANGUAGES = {".py": "python", ".yaml": "yaml", ".sh": "sh", ".cff": "yaml", ".toml": "toml", ".json": "json"}
PICTURE = re.compile(r"\]\(([\w./-]+\.(?:png|svg))\)")


class OutsideLinks(SphinxTransform):
    """Makes links to files and folders that are no pages links to pages of their source."""

    default_priority = 880

    def apply(self, **kwargs: Any) -> None:
        """Rewrite the links of one page."""
        place = posixpath.dirname(f"{DOCS}{self.env.docname}")
        for node in list(self.document.findall(nodes.Element)):
            if not isinstance(node, addnodes.pending_xref | addnodes.download_reference):
                continue
            target, fragment = written(node)
            path = posixpath.normpath(posixpath.join(place, target)) if target else ""
            if path and is_outside(path):
                self.replace(node, path, fragment)

    def replace(self, node: nodes.Element, path: str, fragment: str) -> None:
        """Put a reference in the place of what would be a download, or no link at all."""
        recorded(self.env).setdefault(self.env.docname, set()).add(path)
        up = "../" * self.env.docname.count("/")
        uri = f"{up}{page_of(path)}.html" + (f"#{fragment}" if fragment else "")
        link = nodes.reference("", "", *node.children[0].children, internal=True, refuri=uri)
        node.replace_self(link)


def written(node: nodes.Element) -> tuple[str, str]:
    """Path and fragment of a link as the page writes them; empty for what is no path."""
    if node.get("reftype") != "myst":
        return "", ""
    target, _, fragment = str(node["reftarget"]).partition("#")
    if node.get("refdomain") == "doc":  # the name that MyST makes of a Markdown file outside the pages
        if not target.startswith("/"):
            return "", ""
        path = posixpath.relpath(f"{target}.md", ROOT.as_posix())
        return posixpath.join("/", path), str(node.get("reftargetid") or "")
    return target, fragment


def is_outside(path: str) -> bool:
    """Whether a path of the repository exists and is no page of the documentation."""
    path = path.lstrip("/")
    is_page = path.startswith(DOCS) and path.endswith(".md")
    return not is_page and not path.startswith("..") and (ROOT / path).exists()


def page_of(path: str) -> str:
    """The page of a file or folder."""
    path = path.strip("/")
    return f"{FOLDER}/{path}/index" if (ROOT / path).is_dir() else f"{FOLDER}/{path}"


def recorded(env: BuildEnvironment) -> dict[str, set[str]]:
    """What each page links to."""
    found: dict[str, set[str]] = vars(env).setdefault("gridsim_sources", {})  # pickled with it
    return found


def purge(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    """Forget a page that is read anew."""
    recorded(env).pop(docname, None)


def merge(app: Sphinx, env: BuildEnvironment, docnames: list[str], other: BuildEnvironment) -> None:
    """Take over what another process has read."""
    recorded(env).update(recorded(other))


def pages(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """The pages of all that is linked to, and of what lies in linked folders."""
    wanted = {path.strip("/") for paths in recorded(app.env).values() for path in paths}
    for folder in sorted(path for path in wanted if (ROOT / path).is_dir()):
        inside = sorted(
            file for file in (ROOT / folder).iterdir() if file.is_file() and file.suffix in {".py", ".md", ".json"}
        )
        wanted |= {file.relative_to(ROOT).as_posix() for file in inside}
        items = "".join(f'<li><a href="{file.name}.html"><code>{file.name}</code></a></li>' for file in inside)
        yield page_of(folder), context(folder, f"<ul>{items}</ul>"), "page.html"
    for path in sorted(path for path in wanted if not (ROOT / path).is_dir()):
        text = (ROOT / path).read_text(encoding="utf-8")
        if path.endswith(".md"):
            for picture in PICTURE.findall(text):
                copy_picture(app, posixpath.normpath(posixpath.join(posixpath.dirname(path), picture)))
            yield page_of(path), context(path, rendered(path, text), heading=False), "page.html"
        else:
            builder: Any = app.builder
            language = LANGUAGES.get(Path(path).suffix, "text")
            yield page_of(path), context(path, builder.highlighter.highlight_block(text, language)), "page.html"


def copy_picture(app: Sphinx, path: str) -> None:
    """Put a picture that such a Markdown file shows or links to beside those of the pages."""
    target = Path(app.outdir) / "_images" / posixpath.basename(path)
    if (ROOT / path).is_file() and not target.exists():
        target.parent.mkdir(exist_ok=True)
        shutil.copyfile(ROOT / path, target)


def context(path: str, body: str, *, heading: bool = True) -> dict[str, Any]:
    """What the theme needs for a page."""
    head = f"<h1><code>{html.escape(path)}</code></h1>" if heading else ""
    return {"title": path, "body": f"<article>{head}{body}</article>", "parents": []}


def rendered(path: str, text: str) -> str:
    """A Markdown file outside the pages as HTML; its links lead where those of the pages do."""
    parser = MarkdownIt("commonmark").enable("table").use(anchors_plugin, max_level=4)
    tokens = parser.parse(text)
    for token in tokens:
        for child in token.children or []:
            for name in ("href", "src"):
                value = child.attrGet(name)
                if isinstance(value, str) and "://" not in value and not value.startswith("#"):
                    child.attrSet(name, relinked(path, value))
    return str(parser.renderer.render(tokens, parser.options, {}))


def relinked(path: str, target: str) -> str:
    """A relative link of such a file, for the place that its page has."""
    name, _, fragment = target.partition("#")
    found = posixpath.normpath(posixpath.join(posixpath.dirname(path), name))
    up = "../" * page_of(path).count("/")
    end = f"#{fragment}" if fragment else ""
    if found.startswith(DOCS) and found.endswith(".md"):
        return f"{up}{found.removeprefix(DOCS).removesuffix('.md')}.html{end}"
    if found.startswith(DOCS) and found.endswith((".png", ".svg")):
        return f"{up}_images/{posixpath.basename(found)}"
    return f"{up}{page_of(found)}.html{end}"


def linked_from_markdown(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Record what Markdown files outside the pages link to in their turn, so that those pages exist."""
    known = recorded(env)
    waiting = {path.strip("/") for paths in known.values() for path in paths if path.endswith(".md")}
    done: set[str] = set()
    while waiting:
        path = waiting.pop()
        done.add(path)
        for token in MarkdownIt("commonmark").enable("table").parse((ROOT / path).read_text(encoding="utf-8")):
            for child in token.children or []:
                name = str(child.attrGet("href") or "").partition("#")[0]
                found = posixpath.normpath(posixpath.join(posixpath.dirname(path), name)) if name else ""
                if not found or "://" in name or not is_outside(found):
                    continue
                known.setdefault(f"{FOLDER}:{path}", set()).add(found)
                if found.endswith(".md") and found not in done:
                    waiting.add(found)
    return []


def setup(app: Sphinx) -> dict[str, Any]:
    """Sphinx's entry."""
    app.add_transform(OutsideLinks)
    app.connect("env-purge-doc", purge)
    app.connect("env-merge-info", merge)
    app.connect("env-updated", linked_from_markdown)
    app.connect("html-collect-pages", pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
