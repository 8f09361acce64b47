"""What every client program does before the gateway, whatever package it uses.

A program calls `run` with its own way to make a client of an address and a token, to make a completion with
it and to ask it for the models. The program's argument is a JSON object: `base_url`, and `tokens` by case. It
prints one line of JSON for each case: what the package made of the answer, or the error that it raised.
"""

import json
import sys
import time

# Both packages raise its errors.
from openai import OpenAIError

MESSAGES = [{"role": "user", "content": "go"}]
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": name,
            "description": name,
            "parameters": {"type": "object", "properties": {"path": {"type": "string"}}},
        },
    }
    for name in ("read", "write")
]


def plain(chat):
    answer = chat()
    choice = answer.choices[0]
    return {
        "text": choice.message.content,
        "end": choice.finish_reason,
        "model": answer.model,
        "input": answer.usage.prompt_tokens,
        "output": answer.usage.completion_tokens,
    }


def stream(chat):
    seen = {"texts": [], "at": []}
    try:
        for chunk in chat(stream=True, stream_options={"include_usage": True}):
            usage = getattr(chunk, "usage", None)
            if usage:
                seen["input"] = usage.prompt_tokens
                seen["output"] = usage.completion_tokens
            for choice in chunk.choices:
                if choice.delta.content:
                    seen["texts"].append(choice.delta.content)
                    seen["at"].append(time.monotonic())
                if choice.finish_reason:
                    seen["end"] = choice.finish_reason
    except OpenAIError as error:
        seen.update(failure(error))
    return seen


def as_documented(chat):
    return {"texts": [chunk.choices[0].delta.content for chunk in chat(stream=True)]}


def tools(chat):
    calls = chat(tools=TOOLS).choices[0].message.tool_calls
    return {
        "calls": [[call.id, call.function.name, call.function.arguments] for call in calls]
    }


def streamed_tools(chat):
    calls = {}
    for chunk in chat(tools=TOOLS, stream=True):
        for choice in chunk.choices:
            for part in choice.delta.tool_calls or []:
                call = calls.setdefault(part.index, ["", "", ""])
                call[0] += part.id or ""
                call[1] += part.function.name or ""
                call[2] += part.function.arguments or ""
    return {"calls": [calls[index] for index in sorted(calls)]}


def odd_fields(chat):
    odd = {"odd_field": {"kept": [1, None, "ä"]}, "top_k": 7}
    return {"text": chat(extra_body=odd).choices[0].message.content}


def failure(error):
    return {
        "kinds": [kind.__name__ for kind in type(error).__mro__],
        "status": getattr(error, "status_code", None),
        "code": getattr(error, "code", None),
        "words": str(error),
    }


CASES = {
    "plain": plain,
    "stream": stream,
    "as-documented": as_documented,
    "tools": tools,
    "streamed-tools": streamed_tools,
    "odd-fields": odd_fields,
    "stranger": plain,
    "too-long": plain,
    "cut": stream,
    "exhausted": plain,
    "unavailable": plain,
}


def run(client_of, complete, models):
    given = json.loads(sys.argv[1])
    for case, token in given["tokens"].items():
        client = client_of(given["base_url"], token)

        def chat(**more):
            return complete(client, messages=MESSAGES, **more)

        try:
            seen = {"models": models(client)} if case == "models" else CASES[case](chat)
        except OpenAIError as error:
            seen = failure(error)
        print(json.dumps({"case": case, **seen}), flush=True)
