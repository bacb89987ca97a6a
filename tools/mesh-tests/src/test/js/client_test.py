# SPDX-License-Identifier: Apache-2.0
"""Asks a mesh with OpenAI's own client, in its default settings; any failure ends it."""
import base64
import json
import os

from openai import OpenAI

with open(os.environ["OWL_PICTURE"], "rb") as picture:
    url = "data:image/png;base64," + base64.b64encode(picture.read()).decode()
ask = {
    "role": "user",
    "content": [
        {"type": "image_url", "image_url": {"url": url}},
        {"type": "text", "text": "What colour is the square?"},
    ],
}
client = OpenAI()

whole = client.chat.completions.create(model="owl-nano", messages=[ask])
answer = whole.choices[0].message.content
assert answer == "Blue.", answer

stream = client.chat.completions.create(model="owl-nano", messages=[ask], stream=True)
streamed = "".join(c.choices[0].delta.content or "" for c in stream if c.choices)
assert streamed == answer, streamed

turns = [ask, {"role": "assistant", "content": answer}, {"role": "user", "content": "And the circle?"}]
assert client.chat.completions.create(model="owl-nano", messages=turns).choices[0].message.content

schema = {
    "type": "object",
    "properties": {"colour": {"enum": ["red", "blue"]}},
    "required": ["colour"],
    "additionalProperties": False,
}
formed = client.chat.completions.create(
    model="owl-nano",
    messages=[ask],
    response_format={
        "type": "json_schema",
        "json_schema": {"name": "seen", "strict": True, "schema": schema},
    },
)
assert json.loads(formed.choices[0].message.content)["colour"] in ("red", "blue")
print("passed: answer, stream, turns, schema")
