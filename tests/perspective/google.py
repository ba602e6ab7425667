"""Google's own client for Python, with the address of the discovery document changed."""
import sys

from googleapiclient import discovery, errors

service = discovery.build(
    "commentanalyzer",
    "v1alpha1",
    developerKey="any",
    discoveryServiceUrl=f"{sys.argv[1]}/$discovery/rest?version=v1alpha1",
    static_discovery=False,
)


def ask(**body):
    return service.comments().analyze(body={"requestedAttributes": {"TOXICITY": {}}, **body}).execute()


answer = ask(comment={"text": "You are a complete idiot."}, languages=["en"], clientToken="t")
assert answer["attributeScores"]["TOXICITY"]["summaryScore"]["value"] > 0.7, answer
assert answer["clientToken"] == "t" and answer["languages"] == ["en"], answer
try:
    ask(comment={"text": "hi"}, languages=["ja"])
    raise SystemExit("no error for another language")
except errors.HttpError as error:
    assert error.status_code == 400 and error.reason == "Attribute TOXICITY does not support request languages: ja", error
    assert error.error_details[0]["errorType"] == "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE", error.error_details
try:
    ask(comment={"text": ""})
    raise SystemExit("no error for an empty comment")
except errors.HttpError as error:
    assert error.reason == "Comment must be non-empty.", error
suggestion = {"comment": {"text": "fine"}, "attributeScores": {"TOXICITY": {"summaryScore": {"value": 0}}}, "clientToken": "s"}
assert service.comments().suggestscore(body=suggestion).execute()["clientToken"] == "s"
