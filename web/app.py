"""The Flask application: what every request goes through, and all pages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from flask import Flask, g, request
from werkzeug.wrappers import Response

from web import addresses, assets, environment, errors, request_ids, shell, texts, words
from web.access import ANYONE, allowed, undeclared
from web.guards import csrf, limiter
from web.pages import PAGES
from web.secret import secret_key
from web.site import Site
from web.visit import begin_visit


class Pages(Flask):
    """Flask with our way of compiling templates."""

    jinja_environment = environment.Spoken


def create_app(found: Site) -> Flask:
    """Return the application of an installation.

    Raises:
        RuntimeError: a route does not say who may use it.
    """
    app = Pages("web", static_folder="static", template_folder="templates")
    app.extensions["voronka"] = found
    app.config.update(
        SECRET_KEY=found.secret_key or secret_key(found.database),
        SESSION_COOKIE_NAME="voronka",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=(found.public_url or "").startswith("https:"),
        PERMANENT_SESSION_LIFETIME=timedelta(days=90),
        MAX_CONTENT_LENGTH=found.limits.upload_bytes,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_HEADERS=["X-CSRF-Token"],
        RATELIMIT_STORAGE_URI=found.redis_url or "memory://",
        RATELIMIT_STORAGE_OPTIONS={"socket_connect_timeout": 1, "socket_timeout": 1} if found.redis_url else {},
        RATELIMIT_IN_MEMORY_FALLBACK_ENABLED=True,
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(hours=1),
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    csrf.init_app(app)
    limiter.init_app(app)
    request_ids.register(app)
    app.before_request(begin_visit)
    app.after_request(_protect)
    for part in (texts, words, addresses, assets, environment, shell, errors):
        part.register(app)
    for page in PAGES:
        app.register_blueprint(page)
    allowed(ANYONE)(app.view_functions["static"])
    if missing := undeclared(app):
        raise RuntimeError(f"routes that do not say who may use them: {', '.join(missing)}")
    return app


_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}


def _written(policy: Mapping[str, str]) -> str:
    return "; ".join(f"{name} {value}" for name, value in policy.items())


_USUAL_POLICY = _written(_POLICY)


def _protect(response: Response) -> Response:
    """Say to the browser what a page of ours may do: nothing from elsewhere, no inline script, no frame around it."""
    more = {**({"frame-ancestors": "*"} if request.endpoint in _FRAMED else {}), **g.get("policy", {})}
    response.headers.setdefault("Content-Security-Policy", _written({**_POLICY, **more}) if more else _USUAL_POLICY)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    response.headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
    if request.endpoint not in _FRAMED:
        response.headers.setdefault("X-Frame-Options", "DENY")
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    elif request.path.startswith("/static/dist/assets/"):
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


_FRAMED = frozenset({"public_form.show", "public_form.submit"})
"""Pages that other sites may embed."""
