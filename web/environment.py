"""How templates are compiled: once per language, with what never changes already said."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from functools import cache
from threading import Lock
from typing import Any

from flask import Flask, render_template
from flask.templating import Environment
from jinja2 import Template, nodes
from jinja2.visitor import NodeTransformer
from markupsafe import Markup

from web.assets import icon
from web.site import site
from web.texts import language


class Spoken(Environment):
    """Jinja's environment with a copy of itself for each language.

    A page asks some hundred times for texts that stand in its templates and for icons by name.  Each language's copy compiles
    them as plain constants; what has values, a plural or a name that is only known at run time is called as everywhere.
    """

    language: str | None = None
    """The language of a copy; the first environment has none and compiles nothing but strings handed to it."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._copies: dict[str, Spoken] = {}
        self._copying = Lock()

    def get_template(
        self,
        name: str | Template,
        parent: str | None = None,
        globals: MutableMapping[str, Any] | None = None,
    ) -> Template:
        """Return a template as it is compiled in the visitor's language."""
        if self.language is None and not isinstance(name, Template):
            return self._in(language()).get_template(name, parent, globals)
        return super().get_template(name, parent, globals)

    def _in(self, chosen: str) -> Spoken:
        found = self._copies.get(chosen)
        if found is None:
            with self._copying:
                found = self._copies.get(chosen)
                if found is None:
                    found = self.overlay()
                    found.language = chosen
                    self._copies[chosen] = found
        return found

    def _generate(self, source: nodes.Template, *args: Any, **options: Any) -> str:
        if self.language is not None:
            source = _Saying(self.language).visit(source)
        return super()._generate(source, *args, **options)


@cache
def _still(name: str, _language: str) -> Markup:
    return Markup(render_template(name))  # noqa: S704 (a template's own output)


def still(name: str) -> Markup:
    """Return a part that is the same for everybody who reads a language, as it was drawn the first time."""
    return _still(name, language())


def register(app: Flask) -> None:
    """Give templates this function."""
    app.jinja_env.globals["still"] = still


class _Saying(NodeTransformer):
    """Puts constants in the place of calls that always answer the same in one language."""

    def __init__(self, chosen: str) -> None:
        self._known: dict[str, Callable[..., Any]] = {
            "_": lambda text: site().languages.gettext(text, chosen),
            "icon": icon,
        }

    def visit_Call(self, node: nodes.Call, *args: Any, **options: Any) -> nodes.Node:  # noqa: N802 (Jinja's own name)
        self.generic_visit(node, *args, **options)
        if not isinstance(node.node, nodes.Name) or node.kwargs or node.dyn_args or node.dyn_kwargs:
            return node
        known = self._known.get(node.node.name)
        if known is None or not all(isinstance(one, nodes.Const) and isinstance(one.value, str) for one in node.args):
            return node
        return nodes.Const(known(*(one.value for one in node.args if isinstance(one, nodes.Const))), lineno=node.lineno)
