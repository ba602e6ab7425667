"""perspectiveapi, whose address is in its code: its transport is sent here."""
import sys

import httpx

GOOGLE = "https://commentanalyzer.googleapis.com"
send = httpx.Client.post
httpx.Client.post = lambda self, url, **named: send(self, url.replace(GOOGLE, sys.argv[1]), **named)

from perspective.blocking import Perspective  # noqa: E402
from perspective import Attribute  # noqa: E402

score = Perspective("any").score("You are a complete idiot.", [Attribute.TOXICITY, Attribute.THREAT])
assert score.toxicity > 0.7 and score.threat < 0.3, (score.toxicity, score.threat)
