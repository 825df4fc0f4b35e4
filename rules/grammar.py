"""What may stand in a rule file: its keys, their shapes and limits. Compiles nothing and matches nothing."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from rules.model import Mark

Sentence = Annotated[str, Field(min_length=1, max_length=300)]
Phrases = Annotated[tuple[Annotated[str, Field(min_length=1, max_length=600)], ...], Field(max_length=300)]
Handle = Annotated[str, Field(pattern=r"^@?\w[\w.-]{0,99}$")]
Language = Annotated[str, Field(pattern=r"^([a-z]{2,3}|any)$")]
Whose = Literal["customer", "us"]
KindWord = Literal["complaint", "question", "praise", "thanks", "other"]
SeverityWord = Literal["low", "normal", "high", "crisis"]


class Examples(BaseModel):
    """Texts that prove a rule."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    flag: Phrases = Field((), description="texts that the rule must match")
    skip: Phrases = Field((), alias="pass", description="texts that the rule must let pass")


class RuleText(BaseModel):
    """One ``[[rule]]`` as it is written. A rule matches when everything it asks for is there."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]{0,63}$", description="small letters, digits, dots and hyphens")
    any: Phrases = Field((), description="phrases of which one must be there")
    all: Phrases = Field((), description="phrases that must all be there")
    near: Phrases = Field((), description="two or three phrases that must stand close together, in any order")
    within: int = Field(5, strict=True, ge=0, le=20, description="how many words may stand between two phrases of near")
    none: Phrases = Field((), description="phrases of which none may be there")
    pattern: str | None = Field(None, min_length=1, max_length=500, description="an RE2 pattern that must match")
    networks: Phrases = Field((), description='only posts from these sources, such as "x"')
    followers: int = Field(0, strict=True, ge=0, description="only authors with at least so many followers")
    handles: tuple[Handle, ...] = Field(
        (), max_length=300, description="only posts that name one of these accounts, such as another company's"
    )
    until: date | None = Field(None, description="the last day it counts, such as 2027-01-31, without quotes")
    weight: float = Field(
        0.0, strict=True, ge=-10, le=10, description="how strongly it speaks for a complaint, from -10 to 10"
    )
    forces: KindWord | None = Field(None, description="the kind it decides, whatever else is said")
    suggests: Literal["question", "praise", "thanks"] | None = Field(None, description="the kind, if no complaint")
    mark: Mark | None = Field(None, description="chaser for customers' posts; holding or handoff for ours")
    severity: SeverityWord | None = Field(None, description="at least this bad")
    raises: bool = Field(False, strict=True, description="makes a post one severity worse")
    topic: Sentence | None = Field(None, description="what it is about, if not the file's topic")
    route: Sentence | None = Field(
        None, description="the policy that a case which it opens is under, or the #channel where it appears"
    )
    why: Sentence = Field(description="one plain sentence for the person who is paged")
    owner: Sentence | None = Field(None, description="who to ask about it")
    examples: Examples = Field(Examples(), description="texts it must match (flag) and let pass (pass)")


class PackText(BaseModel):
    """One rule file as it is written."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    about: Sentence = Field(description="one sentence that says what the file finds")
    topic: Sentence | None = Field(None, description="the topic that its rules give a post")
    lang: Language = Field("en", description='the language its rules read, such as "en", or "any"')
    by: Whose = Field("customer", description="whose posts its rules read: customer or us")
    owner: Sentence | None = Field(None, description="who to ask about it")
    tone: dict[str, Annotated[float, Field(ge=-4, le=4, strict=True)]] = Field(
        {}, description="how words sound, -4 to 4; 0 forgets"
    )
    rule: tuple[RuleText, ...] = Field((), description="the rules")


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 7) of a rule file, for editors: they complete keys by it and underline what is wrong."""
    made = spare(PackText.model_json_schema(by_alias=True))
    return {"$schema": "http://json-schema.org/draft-07/schema#", **made, "title": "A rule file of Harken"}


def spare(part: Any) -> Any:
    """Without what TOML cannot say (null), and the titles that only repeat a key."""
    if isinstance(part, list):
        return [spare(each) for each in part if each != {"type": "null"}]
    if not isinstance(part, dict):
        return part
    kept = {
        key: spare(value)
        for key, value in part.items()
        if not (key == "title" and isinstance(value, str)) and not (key == "default" and value is None)
    }
    only = kept.get("anyOf")
    return {**kept.pop("anyOf")[0], **kept} if isinstance(only, list) and len(only) == 1 else kept
