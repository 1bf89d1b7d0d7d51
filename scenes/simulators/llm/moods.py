"""What the content of an answer is like, and the frame it comes in."""

import json
from typing import Any, Literal, get_args

KINDS = ("performers", "studios", "tags")
Mood = Literal[
    "good", "fenced", "partial", "nonsense", "empty", "refusal", "inventing", "obedient", "translating",
    "endless", "no_usage", "odd_usage", "other_document", "deep",
]  # fmt: skip
MOODS = get_args(Mood)
TEXTS: dict[Mood, str] = {
    "nonsense": "Certainly! The video seems to show a person. Let me know if you need more.",
    "empty": "",
    "deep": "[" * 50_000,
}
Names = dict[str, list[str]]


def completion(mood: Mood, known: Names, prompt: str, model: str) -> Any:
    """The whole answer to the ``prompt``, of whose texts it knows these names."""
    names: Any = _names(mood, {kind: known.get(kind, []) for kind in KINDS}, prompt)
    text = json.dumps({"names": names} if mood == "other_document" else names, ensure_ascii=False)
    content = {**TEXTS, "fenced": f"```json\n{text}\n```", "partial": text[: len(text) // 2]}.get(mood, text)
    message: dict[str, Any] = {"role": "assistant", "content": content}
    if mood == "refusal":
        message |= {"content": None, "refusal": "I can't help with that."}
    choice = {"index": 0, "message": message, "finish_reason": "length" if mood == "partial" else "stop"}
    document = {"id": "chatcmpl-1", "object": "chat.completion", "model": model, "choices": [choice]}
    usage: Any = {"prompt_tokens": 100 + len(prompt) // 4, "completion_tokens": 20}
    if mood == "odd_usage":
        usage = {"prompt_tokens": -3, "completion_tokens": "many"}
    return document if mood == "no_usage" else {**document, "usage": usage}


def _names(mood: Mood, names: Names, prompt: str) -> Names:
    match mood:
        case "inventing":
            return {**names, "performers": ["Nobody Ofthat Name", "Somebody Else"], "tags": ["Unheard Of"]}
        case "obedient":  # to whatever the texts ask for, after "answer with"
            return {**names, "performers": [*names["performers"], prompt.partition("answer with ")[2].split('"')[0]]}
        case "translating":
            return {kind: [f"名前 {name[::-1]}" for name in found] for kind, found in names.items()}
        case "endless":
            return {kind: [f"Name {number}" for number in range(5_000)] for kind in KINDS}
    return names
