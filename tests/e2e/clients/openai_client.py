"""A program that uses the `openai` package as it comes, before the gateway.

Its argument is a JSON object: `base_url`, and `tokens` by case. It prints one line of JSON for each case:
what the package made of the answer, or the error that it raised.
"""

import json
import sys
import time

import openai

MODEL = "any/model"
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


def chat(client, **more):
    return client.chat.completions.create(model=MODEL, messages=MESSAGES, **more)


def plain(client):
    answer = chat(client)
    choice = answer.choices[0]
    return {
        "text": choice.message.content,
        "end": choice.finish_reason,
        "model": answer.model,
        "input": answer.usage.prompt_tokens,
        "output": answer.usage.completion_tokens,
    }


def stream(client):
    seen = {"texts": [], "at": []}
    try:
        for chunk in chat(client, stream=True, stream_options={"include_usage": True}):
            if chunk.usage:
                seen["input"] = chunk.usage.prompt_tokens
                seen["output"] = chunk.usage.completion_tokens
            for choice in chunk.choices:
                if choice.delta.content:
                    seen["texts"].append(choice.delta.content)
                    seen["at"].append(time.monotonic())
                if choice.finish_reason:
                    seen["end"] = choice.finish_reason
    except openai.OpenAIError as error:
        seen.update(failure(error))
    return seen


def as_documented(client):
    stream = chat(client, stream=True)
    return {"texts": [chunk.choices[0].delta.content for chunk in stream]}


def tools(client):
    calls = chat(client, tools=TOOLS).choices[0].message.tool_calls
    return {
        "calls": [[call.id, call.function.name, call.function.arguments] for call in calls]
    }


def streamed_tools(client):
    calls = {}
    for chunk in chat(client, tools=TOOLS, stream=True):
        for choice in chunk.choices:
            for part in choice.delta.tool_calls or []:
                call = calls.setdefault(part.index, ["", "", ""])
                call[0] += part.id or ""
                call[1] += part.function.name or ""
                call[2] += part.function.arguments or ""
    return {"calls": [calls[index] for index in sorted(calls)]}


def odd_fields(client):
    odd = {"odd_field": {"kept": [1, None, "ä"]}, "top_k": 7}
    return {"text": chat(client, extra_body=odd).choices[0].message.content}


def models(client):
    return {"models": [model.id for model in client.models.list()]}


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
    "models": models,
    "stranger": plain,
    "too-long": plain,
    "cut": stream,
    "exhausted": plain,
    "unavailable": plain,
}


def main():
    given = json.loads(sys.argv[1])
    for case, token in given["tokens"].items():
        client = openai.OpenAI(base_url=given["base_url"], api_key=token)
        try:
            seen = CASES[case](client)
        except openai.OpenAIError as error:
            seen = failure(error)
        print(json.dumps({"case": case, **seen}), flush=True)


main()
