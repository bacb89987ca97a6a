#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Asks questions about an image in one session, over the page's API: ask.sh IMAGE QUESTION...
set -euo pipefail

url="${OWL_URL:-http://127.0.0.1:9080}"
if [ $# -lt 2 ]; then
  echo "Usage: ask.sh IMAGE QUESTION..." >&2
  exit 2
fi
image="$1"
shift

# Sends a request; a refusal ends the program with the server's sentence.
request() {
  local reply
  reply="$(curl -sS --fail-with-body "$@")" || {
    printf '%s\n' "$reply" >&2
    exit 1
  }
  printf '%s' "$reply"
}

# The value of a text field of JSON without escapes, such as an id.
field() { sed -n "s/.*\"$1\": *\"\([^\"]*\)\".*/\1/p"; }

# A text as JSON, quotes included.
quoted() { printf '"%s"' "$(printf '%s' "$1" | sed 's/\\/\\\\/g; s/"/\\"/g' | tr '\n\t' '  ')"; }

sha256="$(request "$url/api/images" -H 'Content-Type: application/octet-stream' --data-binary "@$image" | field sha256)"
session="$(request "$url/api/sessions" -H 'Content-Type: application/json' -d '{}' | field id)"
# The session is only an example's: nothing of it stays.
trap 'curl -sS -X DELETE "$url/api/sessions/$session" >/dev/null' EXIT

images="\"$sha256\""
for question in "$@"; do
  turn="{\"say\": {\"text\": $(quoted "$question"), \"images\": [$images]}}"
  # Events are lines "data: {...}"; those of text are {"text":{"text":"..."}}, the piece as JSON.
  curl -sSN --fail-with-body "$url/api/sessions/$session/turns" -H 'Content-Type: application/json' -d "$turn" |
    while IFS= read -r line; do
      case "$line" in
        'data: {"text":{"text":"'*)
          piece="${line#'data: {"text":{"text":"'}"
          piece="${piece%%'"},"eventId"'*}"
          printf '%b' "${piece//\\\"/\"}"
          ;;
        'data: {"error"'* | '{"error"'*)
          printf '%s\n' "${line#data: }" >&2
          exit 1
          ;;
      esac
    done
  echo
  images="" # Later questions are about what was shown.
done
