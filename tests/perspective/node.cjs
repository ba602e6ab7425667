// Google's client for Node, by the discovery document, and perspective-api-client, which has Google's address in its code.
"use strict";
const assert = require("node:assert");
const { Discovery } = require("googleapis-common");
const axios = require("axios");
const Perspective = require("perspective-api-client");

const server = process.argv[2];

async function google() {
    const discovery = new Discovery({ debug: false, includePrivate: false });
    const make = await discovery.discoverAPI(`${server}/$discovery/rest?version=v1alpha1`);
    const client = make({});
    const resource = { comment: { text: "You are a complete idiot." }, requestedAttributes: { TOXICITY: {} } };
    const { data } = await client.comments.analyze({ key: "any", resource });
    assert(data.attributeScores.TOXICITY.summaryScore.value > 0.7, JSON.stringify(data));
    const japanese = { ...resource, languages: ["ja"] };
    await assert.rejects(client.comments.analyze({ key: "any", resource: japanese }), /Attribute TOXICITY does not support request languages: ja/);
}

async function perspectiveApiClient() {
    axios.interceptors.request.use((request) => {
        request.url = request.url.replace("https://commentanalyzer.googleapis.com", server);
        return request;
    });
    const client = new Perspective({ apiKey: "any" });
    const answer = await client.analyze("You are a <b>complete</b> idiot.", { attributes: ["toxicity", "insult"] });
    assert(answer.attributeScores.TOXICITY.summaryScore.value > 0.7, JSON.stringify(answer));
    const japanese = { comment: { text: "x" }, languages: ["ja"], requestedAttributes: { TOXICITY: {} } };
    await assert.rejects(client.analyze(japanese), /does not support request languages: ja/);
}

// As Coral's server asks: the endpoint that an administrator sets, one attribute, an answer within 800 ms or none.
async function coral() {
    const ask = async (text) => {
        const response = await fetch(`${server}/v1alpha1/comments:analyze?key=any`, {
            method: "POST",
            headers: { "Content-Type": "application/json" },
            signal: AbortSignal.timeout(800),
            body: JSON.stringify({ comment: { text }, doNotStore: true, languages: ["en"], requestedAttributes: { TOXICITY: {} } }),
        });
        assert(response.ok, `${response.status}`);
        const data = await response.json();
        return data.attributeScores.TOXICITY.summaryScore.value;
    };
    assert((await ask("You are a complete idiot.")) > 0.8);
    assert((await ask("Thank you for this article.")) < 0.5);
}

const clients = { google, perspectiveApiClient, coral };
clients[process.argv[3]]().catch((error) => {
    console.error(error);
    process.exit(1);
});
