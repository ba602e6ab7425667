"""perspective, whose address is a field of its client."""
import sys
from urllib.error import HTTPError

from perspective import PerspectiveAPI

api = PerspectiveAPI("any")
api.api_client.url = sys.argv[1] + "/v1alpha1/{endpoint}"
answer = api.analyze_comment("You are a complete idiot. Have a nice day.", span_annotations=True, languages=["en"], client_token="t")
spans = answer["attributeScores"]["TOXICITY"]["spanScores"]
assert [span["begin"] for span in spans] == [0, 26] and spans[0]["score"]["value"] > spans[1]["score"]["value"], answer
suggested = {"TOXICITY": {"summaryScore": {"value": 1.0, "type": "PROBABILITY"}}}
assert api.suggest_score("rude", suggested, validate=False, client_token="s")["clientToken"] == "s"
try:
    api.analyze_comment("hi", requested_attributes={"FLIRTATION": {}}, validate=False)
    raise SystemExit("no error for an attribute that we have not")
except HTTPError as error:
    assert error.code == 400 and b"Unknown requested attribute: FLIRTATION" in error.read()
