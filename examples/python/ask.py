#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Asks questions about an image in one conversation, with the standard library alone: ask.py IMAGE QUESTION..."""

import base64
import json
import os
import sys
import urllib.error
import urllib.request

URL = os.environ.get("OWL_URL", "http://127.0.0.1:9080") + "/v1"


def events(messages, model):
    """The chunks of a streamed completion, as they come."""
    body = json.dumps({"model": model, "messages": messages, "stream": True}).encode()
    request = urllib.request.Request(
        URL + "/chat/completions", data=body, headers={"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request) as response:
        for line in response:
            data = line.decode().strip().removeprefix("data: ")
            if data and data != "[DONE]":
                event = json.loads(data)
                if "error" in event:
                    raise RuntimeError(event["error"]["message"])
                yield event


def main(image, questions):
    with urllib.request.urlopen(URL + "/models") as response:
        model = json.load(response)["data"][0]["id"]
    with open(image, "rb") as file:
        # The type is a courtesy: the server looks into the file.
        url = "data:image/png;base64," + base64.b64encode(file.read()).decode()
    content = [{"type": "image_url", "image_url": {"url": url}}]
    messages = []
    for question in questions:
        messages.append({"role": "user", "content": content + [{"type": "text", "text": question}]})
        answer = ""
        for event in events(messages, model):
            piece = event["choices"][0]["delta"].get("content") or ""
            print(piece, end="", flush=True)
            answer += piece
        print()
        messages.append({"role": "assistant", "content": answer})
        content = []  # Later questions are about what was shown.


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit("Usage: ask.py IMAGE QUESTION...")
    try:
        main(sys.argv[1], sys.argv[2:])
    except urllib.error.HTTPError as error:
        sys.exit(json.load(error)["error"]["message"])
    except (OSError, RuntimeError) as error:
        sys.exit(str(error))
