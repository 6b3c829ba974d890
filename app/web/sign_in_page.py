"""The sign-in form: plain HTML that needs no script, step by step."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast
from urllib.parse import parse_qs, urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app.auth.passwords import SHORTEST
from app.client import Json
from app.errors import MahalleError, RefusedError
from app.i18n import Language, explain, say
from app.web.gate import token_in
from app.web.service_call import COOKIE, ServiceCall

FORM_BYTES = 8192
PLACE = "/giris"
ATTRIBUTES = "Path=/; Secure; HttpOnly; SameSite=Strict"


class SignInPage:
    """Answers `/giris`.

    Parameters
    ----------
    service : checks names and codes
    language : the installation's; `?lang=` changes it
    """

    def __init__(self, service: ServiceCall, language: Language) -> None:
        self.service = service
        self.language: Language = language

    async def show(self, request: Request) -> Response:
        """The form of the step the session is at."""
        stage = await self._stage(request)
        if stage == "full" and request.url.path.startswith(PLACE):
            return RedirectResponse(_next(request), 303)
        return await self._page(request, stage)

    async def act(self, request: Request) -> Response:
        """One step: the name and secret, a new password, a phone's code, or leaving."""
        given = await _form(request)
        try:
            return await self._step(request, given)
        except MahalleError as error:
            return await self._page(request, given.get("step", ""), given=given, error=error)

    async def _step(self, request: Request, given: Mapping[str, str]) -> Response:
        token, step = token_in(request.headers), given.get("step", "")
        if step == "leave":
            await self.service.ask("POST", "/sign-out", token)
            return _go(PLACE, "")
        if step == "password":
            if given.get("password") != given.get("again"):
                raise RefusedError("signin.passwords_differ")
            made = await self._ask("/sign-in/password", token, password=given.get("password", ""))
        elif step == "second":
            made = await self._ask("/sign-in/second", token, code=given.get("code", ""))
        elif step == "enrol":
            made = await self._ask("/sign-in/confirm", token, code=given.get("code", ""))
            return self._recovery(request, made, given)
        else:
            made = await self._ask(
                "/sign-in",
                name=given.get("name", ""),
                secret=given.get("secret", ""),
                address=request.client.host if request.client else "",
            )
        return _go(_next(request, given) if made["stage"] == "full" else _here(request, given), made["token"])

    async def _ask(self, path: str, token: str = "", **body: str) -> Json:
        return await self.service.ask("POST", path, token, body=body)

    async def _stage(self, request: Request) -> str:
        found = await self.service.who(token_in(request.headers))
        return str(found["stage"]) if found else ""

    async def _page(
        self,
        request: Request,
        stage: str,
        *,
        given: Mapping[str, str] | None = None,
        error: MahalleError | None = None,
    ) -> Response:
        if error is not None and error.key == "signin.begin_again":
            stage = ""
        made = await self._ask("/sign-in/enrol", token_in(request.headers)) if stage == "enrol" else {}
        told = explain(error, self._tongue(request, given)) if error else ""
        return self._render(request, stage if stage in FIELDS else "", made=made, given=given, error=told)

    def _recovery(self, request: Request, made: Json, given: Mapping[str, str]) -> Response:
        """Shown once, straight from the answer that made them."""
        answer = self._render(request, "recovery", made=made, given=given)
        answer.headers["set-cookie"] = f"{COOKIE}={made['token']}; {ATTRIBUTES}"
        return answer

    def _render(
        self,
        request: Request,
        stage: str,
        *,
        made: Json,
        given: Mapping[str, str] | None,
        error: str = "",
    ) -> Response:
        language = self._tongue(request, given)
        page = PAGES.get_template("giris.html").render(
            language=language,
            other="en" if language == "tr" else "tr",
            say=lambda key, **fields: say(f"signin.{key}", language, **fields),
            stage=stage,
            fields=FIELDS.get(stage, ()),
            go="second_go" if stage == "enrol" else f"{stage}_go" if stage else "go",
            least=SHORTEST,
            next=_next(request, given),
            given=given or {},
            made=made,
            error=error,
        )
        return HTMLResponse(page, 400 if error else 200)

    def _tongue(self, request: Request, given: Mapping[str, str] | None) -> Language:
        asked = (given or {}).get("lang") or request.query_params.get("lang")
        return cast(Language, asked) if asked in ("tr", "en") else self.language


@dataclass(frozen=True, slots=True)
class Field:
    """One line of the form."""

    name: str
    label: str
    type: str
    complete: str


FIELDS: Mapping[str, tuple[Field, ...]] = {
    "": (
        Field("name", "name", "text", "username"),
        Field("secret", "secret", "password", "current-password"),
    ),
    "password": (
        Field("password", "password_new", "password", "new-password"),
        Field("again", "password_again", "password", "new-password"),
    ),
    "second": (Field("code", "second_code", "text", "one-time-code"),),
    "enrol": (Field("code", "second_code", "text", "one-time-code"),),
}


def _pages() -> Environment:
    pages = Environment(loader=PackageLoader("app.web"), autoescape=True, undefined=StrictUndefined)
    pages.filters["b64"] = lambda text: base64.b64encode(text.encode()).decode()
    pages.filters["fours"] = lambda text: " ".join(text[at : at + 4] for at in range(0, len(text), 4))
    return pages


PAGES = _pages()


def _next(request: Request, given: Mapping[str, str] | None = None) -> str:
    """Where to go afterwards: a path of ours, or the start."""
    asked = (given or {}).get("next") or request.query_params.get("next")
    if asked is None and not request.url.path.startswith(PLACE):
        asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    plain = asked and asked.startswith("/") and not asked.startswith(("//", "/\\", PLACE))
    return asked if asked and plain and asked.isprintable() else "/"


def _here(request: Request, given: Mapping[str, str]) -> str:
    return f"{PLACE}?{urlencode({'lang': given.get('lang', ''), 'next': _next(request, given)})}"


def _go(where: str, token: object) -> Response:
    """On to a page, with a new cookie; an empty token takes it away."""
    answer = RedirectResponse(where, 303)
    ends = "; Max-Age=0" if not token else ""
    answer.headers["set-cookie"] = f"{COOKIE}={token}; {ATTRIBUTES}{ends}"
    return answer


async def _form(request: Request) -> Mapping[str, str]:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > FORM_BYTES:
            return {}
    found = parse_qs(body.decode("utf-8", "replace"), max_num_fields=10)
    return {name: values[0] for name, values in found.items()}
