"""A program that uses the `openai` package as it comes, before the gateway. See `cases`."""

import openai

import cases


def client_of(base_url, token):
    return openai.OpenAI(base_url=base_url, api_key=token)


def complete(client, **asked):
    return client.chat.completions.create(model="any/model", **asked)


def models(client):
    return [model.id for model in client.models.list()]


cases.run(client_of, complete, models)
