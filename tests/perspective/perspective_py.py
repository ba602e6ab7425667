"""perspective.py, which has Google's addresses in its code and in what it makes of errors: its requests are sent here, to a server that calls itself Google's."""
import sys

import httplib2

GOOGLE = "https://commentanalyzer.googleapis.com"
request = httplib2.Http.request
httplib2.Http.request = lambda self, uri, *rest, **named: request(self, uri.replace(GOOGLE, sys.argv[1]), *rest, **named)

from perspective import Client, errors  # noqa: E402

client = Client("any")
scores = client.analyze("You are a complete idiot.", attributes=["TOXICITY", "INSULT"])
assert scores["TOXICITY"] > 70 and scores["INSULT"] > 50, scores
try:
    client.analyze("hi", attributes=["TOXICITY"], language="ja")
    raise SystemExit("no error for another language")
except errors.UnsupportedLanguage as error:
    assert "TOXICITY" in str(error), error
