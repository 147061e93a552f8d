"""The settings: read once from the environment, then passed on. Nothing else in Playhead reads it."""

from __future__ import annotations

import os
import re

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from playhead.errors import SettingsError


class Settings(BaseSettings):
    """Every setting is the environment variable ``PLAYHEAD_`` and its name in capitals."""

    model_config = SettingsConfigDict(env_prefix="PLAYHEAD_", env_ignore_empty=True, frozen=True, extra="forbid")

    engine: str = Field(
        "embedded:index",
        description="Where the library is kept: embedded:DIRECTORY, or postgresql://USER@HOST/NAME.",
    )
    engine_reads: str | None = Field(
        None, description="A standby of that PostgreSQL, by its address: searches go there, writing to the other."
    )
    lease: float = Field(
        60.0,
        ge=1,
        le=86_400,
        description="Seconds after which the job of a worker that is not heard of any more is another's.",
    )
    model: str | None = Field(
        None, description="A directory with a sentence-transformers model; the packaged one otherwise."
    )
    model_next: str | None = Field(
        None,
        description="The model the library is to be embedded anew with: who searches answers with it from then on.",
    )
    precision: str = Field(
        "auto",
        pattern="^(auto|float32|bfloat16)$",
        description="How the model computes: auto (bfloat16 where the processor has it), float32, bfloat16.",
    )
    threads: int | None = Field(None, ge=1, le=256, description="Threads the model may use; all cores otherwise.")
    public_url: str = Field(
        "",
        pattern=r"^(https?://[^\s/]+.*)?$",
        description="The address people reach the service at, for absolute links: https://search.example.org.",
    )
    host: str = Field("127.0.0.1", description="The address to serve on.")
    port: int = Field(8000, ge=1, le=65535, description="The port to serve on.")

    api_key: SecretStr | None = Field(None, description="One key that may do everything: 16 characters or more.")
    keys: str = Field("keys.toml", description="The file of the keys that `playhead keys` makes.")
    upload_mb: int = Field(64, ge=1, le=4096, description="How large an upload may be, in MB.")

    proxies: str = Field(
        "127.0.0.1, ::1",
        description="Reverse proxies that may say who asks, by address or network: 127.0.0.1, 172.16.0.0/12.",
    )
    origins: str = Field(
        "",
        description="Whose pages may ask from a browser, besides our own: https://a.example, https://b.example; or *.",
    )
    rate: str = Field("", description="How often one client may ask: 60/minute, or 10/second, 1000/hour; no limit.")
    log: str = Field("text", pattern="^(text|json)$", description="How `playhead serve` logs: text or json.")
    metrics: str = Field(
        "local",
        pattern="^(local|public)$",
        description="Who may read /metrics: this machine and who has an admin key (local), or everybody (public).",
    )

    ask_url: str = Field(
        "",
        pattern=r"^(https?://[^\s/]+.*)?$",
        description="A language model that composes answers, by the address that /chat/completions stands behind.",
    )
    ask_model: str = Field("", description="The name of that model.")
    ask_key: SecretStr | None = Field(None, description="The key it wants, if it wants one.")
    ask_timeout: float = Field(30.0, gt=0, le=600, description="Seconds it may take to answer.")

    speakers: str = Field("speakers.toml", description="The file with the names, aliases and roles of speakers.")
    whisper_model: str | None = Field(
        None, description="A directory with a Whisper model for CTranslate2, for playhead transcribe."
    )
    allow_hosts: str = Field(
        "",
        description="Places that are not public and may be fetched from: localhost:8000, 10.0.0.0/8, [::1]:9000.",
    )

    @field_validator("api_key")
    @classmethod
    def _refuse_what_can_be_guessed(cls, given: SecretStr | None) -> SecretStr | None:
        if given is not None and not re.fullmatch("[!-~]{16,}", given.get_secret_value()):
            raise ValueError(
                "a key has 16 characters or more, no space among them and none beyond ASCII; "
                "openssl rand -base64 32 makes one"
            )
        return given

    @property
    def address(self) -> str:
        """Where our own links lead: the public address, else where `playhead serve` is reached on this machine."""
        everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - looked for, not bound  # nosec B104
        host = everywhere.get(self.host.strip("[]"), self.host.strip("[]"))
        return self.public_url or f"http://{f'[{host}]' if ':' in host else host}:{self.port}"


def read_settings(**flags: object) -> Settings:
    """The settings of the environment, with the flags that were given before them.

    Raises SettingsError naming the variable that does not fit.
    """
    try:
        settings = Settings(**{name: value for name, value in flags.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        name = "_".join(str(part) for part in first["loc"])
        is_secret = "Secret" in str(Settings.model_fields[name].annotation)
        given = "" if is_secret else f" (given: {first['input']!r})"
        raise SettingsError(f"PLAYHEAD_{name.upper()}: {first['msg'].removeprefix('Value error, ')}{given}.") from None
    return settings.model_copy(update={"public_url": settings.public_url.rstrip("/")})


def environment(settings: Settings) -> dict[str, str]:
    """The environment of a process of ours: the system's of this one, these settings, and no secret among them."""
    system = {name: value for name, value in os.environ.items() if not name.startswith("PLAYHEAD_")}
    stated = {f"PLAYHEAD_{name.upper()}": value for name, value in settings if value is not None}
    return system | {name: str(value) for name, value in stated.items() if not isinstance(value, SecretStr)}
