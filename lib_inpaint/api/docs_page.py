"""What the routes tell of themselves to those who find them: an index for programs, and a page for people.

The page needs nothing from other servers, so it is there offline too.
"""

from __future__ import annotations

from html import escape
from typing import Any, Sequence

from .. import __version__
from ..schema import FieldInfo, fields_of
from .endpoints import PREFIX, Endpoint

_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Inpaint Anything: REST routes</title>
<style>body {{ font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }}
code, summary {{ font-family: ui-monospace, monospace }} table {{ border-collapse: collapse; width: 100% }}
td, th {{ border: 1px solid #8886; padding: .2rem .5rem; text-align: left; vertical-align: top }}</style>
<h1>Inpaint Anything {version}</h1>
<p>Addresses are below <code>{prefix}</code>. Bodies are JSON. <a href="openapi.json">openapi.json</a> says the same to
programs. A picture is sent once to <code>/images</code> and referred to by its id, or sent along in base64.</p>
{endpoints}</html>"""


def index(endpoints: Sequence[Endpoint]) -> dict[str, Any]:
    """Where to look, and every address with what it does."""
    return {
        "name": "Inpaint Anything",
        "version": __version__,
        "openapi": "openapi.json",
        "docs": "docs",
        "routes": {f"{one.method} {PREFIX}{one.path}": one.summary for one in endpoints},
    }


def page(endpoints: Sequence[Endpoint]) -> str:
    """Every address as HTML, with the fields of its body."""
    told = "\n".join(_endpoint(one) for one in endpoints)
    return _PAGE.format(version=__version__, prefix=PREFIX, endpoints=told)


def _endpoint(endpoint: Endpoint) -> str:
    name = f"<summary>{endpoint.method} {escape(endpoint.path)}</summary>"
    rows = "".join(_row(field) for field in fields_of(endpoint.body)) if endpoint.body is not None else ""
    fields = f"<table><tr><th>field<th>default<th>what it is{rows}</table>" if rows else ""
    return f"<details>{name}<p>{escape(endpoint.summary)}.</p>{fields}</details>"


def _row(field: FieldInfo) -> str:
    is_plain = field.default is None or isinstance(field.default, (str, int, float, tuple))
    default = "" if not is_plain or field.default in (None, "", ()) else str(field.default)
    return f"<tr><td>{escape(field.name)}<td>{escape(default)}<td>{escape(f'{field.label}. {field.help}')}"
