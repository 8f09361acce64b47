"""A program that uses the `litellm` package as it comes, before the gateway. See `cases`."""

import litellm

import cases

# Else it prints advice beside every error.
litellm.suppress_debug_info = True


def client_of(base_url, token):
    return {"api_base": base_url, "api_key": token}


def complete(way, **asked):
    return litellm.completion(model="openai/any-model", **way, **asked)


def models(way):
    return litellm.OpenAIGPTConfig().get_models(**way)


cases.run(client_of, complete, models)
