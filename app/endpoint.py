"""The one connection that a door opens: to the language model an operator has named, and to nowhere else.

Any endpoint that speaks ``POST …/chat/completions`` will do (https://platform.openai.com/docs/api-reference/chat):
OpenAI's, Ollama, llama.cpp, vLLM. It is off until PLAYHEAD_ASK_URL names one. What it says is bounded in time and size,
it leads nowhere else (no redirect, no proxy of the environment), and neither the key nor its words get into a log.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field

import httpx
from pydantic import SecretStr

from playhead.errors import SettingsError
from playhead.settings import Settings

MOST_BYTES = 1_000_000
MOST_TOKENS = 800
"""Of a reply: five sentences and room for a model that thinks aloud first."""


class EndpointError(Exception):
    """Why there is no reply, in a sentence anybody may read."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a model is asked, and how long it may take, in seconds, from the question to the last byte."""

    url: str
    model: str
    key: SecretStr | None = field(default=None, repr=False)
    timeout: float = 30.0

    async def complete(self, messages: list[dict[str, str]]) -> str:
        """What the model writes. Raises EndpointError."""
        asked = {
            "model": self.model,
            "messages": messages,
            "temperature": 0,
            "max_tokens": MOST_TOKENS,
            "stream": False,
        }
        try:
            async with asyncio.timeout(self.timeout):
                body = await self._post(asked)
        except TimeoutError:
            raise EndpointError(f"The endpoint took longer than {self.timeout:g} seconds.") from None
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            raise EndpointError(f"The endpoint cannot be asked ({type(error).__name__}).") from None
        return _written(body)

    async def _post(self, asked: dict[str, object]) -> bytes:
        key = self.key.get_secret_value() if self.key else ""
        # Not packed, for a few bytes could unpack to any number.
        headers = {"Accept-Encoding": "identity"} | ({"Authorization": f"Bearer {key}"} if key else {})
        async with (
            httpx.AsyncClient(trust_env=False, follow_redirects=False, timeout=self.timeout + 1) as client,
            client.stream("POST", f"{self.url}/chat/completions", json=asked, headers=headers) as answer,
        ):
            if answer.status_code != httpx.codes.OK:
                raise EndpointError(f"The endpoint answered {answer.status_code}.")
            body = b""
            async for piece in answer.aiter_raw():
                body += piece
                if len(body) > MOST_BYTES:
                    raise EndpointError(f"The endpoint answered more than {MOST_BYTES:,} bytes.")
            return body


def endpoint_of(settings: Settings) -> Endpoint | None:
    """The endpoint that the settings name; None where they name none. Raises SettingsError for half of one."""
    if not settings.ask_url:
        return None
    if not settings.ask_model:
        raise SettingsError("PLAYHEAD_ASK_MODEL is missing; it names the model that PLAYHEAD_ASK_URL is asked for.")
    return Endpoint(settings.ask_url.rstrip("/"), settings.ask_model, settings.ask_key, settings.ask_timeout)


def _written(body: bytes) -> str:
    """The text of the first choice of a chat completion."""
    try:
        written = json.loads(body)["choices"][0]["message"]["content"]
    except (ValueError, LookupError, TypeError, RecursionError):
        written = None
    if not isinstance(written, str):
        raise EndpointError("The endpoint answered with something that is no chat completion.")
    return written
