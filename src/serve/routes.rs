//! HTTP: which address does what, and what holds for all of them.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State as Shared};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::Value;
use tokio::sync::Semaphore;
use tower_http::cors::{Any, CorsLayer};
use tower_http::services::ServeDir;

use super::batcher::Batcher;
use super::metrics::Metrics;
use super::suggestions::Suggestions;
use super::{Options, discovery, log, open_api};
use crate::bundle::Bundle;
use crate::classify::{Classification, Classifier};
use crate::perspective::{Attributes, Model, Question, Refusal, Suggestion};
use crate::{Error, Result};

/// The longest body of a request: a comment of the longest kind, escaped, with a conversation around it.
const LONGEST_BODY: usize = 1 << 20;
/// By what requests are told apart in the log.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Which model gave an answer: its name and hash.
const MODEL: HeaderName = HeaderName::from_static("x-undertone-model");

/// What all requests share.
#[derive(Debug)]
pub struct State {
    batcher: Batcher,
    attributes: Attributes,
    model: Model,
    model_header: HeaderValue,
    suggestions: Option<Suggestions>,
    metrics: Arc<Metrics>,
    permits: Semaphore,
    permit_count: u32,
    timeout: Duration,
    public_url: Option<String>,
    address: String,
    requests: AtomicU64,
}

impl State {
    /// Builds the model of `bundle`.
    ///
    /// # Errors
    /// It cannot be built, it has no label that the API asks for, or suggestions cannot be kept where they should.
    pub fn new(bundle: &Bundle, options: &Options, address: SocketAddr) -> Result<Self> {
        let attributes = Attributes::of(&bundle.manifest);
        if attributes.iter().next().is_none() {
            return Err(Error::invalid(format!(
                "the bundle in {} has none of the labels toxic, severe_toxic, obscene, threat, insult and identity_hate, which the API asks for",
                options.bundle.display()
            )));
        }
        let model = Model { name: bundle.manifest.name.clone(), sha256: bundle.manifest.sha256()? };
        // A name may have characters that a header may not.
        let name: String = model.name.chars().filter(|character| character.is_ascii_graphic()).collect();
        let model_header = HeaderValue::from_str(&format!("{name} sha256:{}", model.sha256))
            .map_err(|error| Error::invalid(format!("the bundle's name is in no header: {error}")))?;
        let metrics = Arc::new(Metrics::default());
        Ok(Self {
            batcher: Batcher::new(
                Arc::new(Classifier::with_rounding(bundle, options.rounding)?),
                Arc::clone(&metrics),
            )?,
            attributes,
            model,
            model_header,
            suggestions: options.suggestions.as_deref().map(Suggestions::open).transpose()?,
            metrics,
            permits: Semaphore::new(options.permits as usize),
            permit_count: options.permits,
            timeout: options.timeout,
            public_url: options.public_url.as_ref().map(|url| url.trim_end_matches('/').to_owned()),
            address: address.to_string(),
            requests: AtomicU64::new(0),
        })
    }

    /// The body of a request. Whoever sends it slowly has no permit meanwhile.
    async fn read(&self, body: Body) -> Result<Vec<u8>, Refusal> {
        let read = tokio::time::timeout(self.timeout, axum::body::to_bytes(body, LONGEST_BODY))
            .await
            .map_err(|_| Refusal::Late)?;
        read.map(Into::into)
            .map_err(|_| Refusal::Invalid(format!("Request payload size exceeds the limit: {LONGEST_BODY} bytes.")))
    }

    /// What the model says of texts, if there are permits for all of them, and in time.
    async fn classify(&self, texts: Vec<String>) -> Result<Vec<Classification>, Refusal> {
        let count = u32::try_from(texts.len()).unwrap_or(u32::MAX).min(self.permit_count);
        let _permits = self.permits.try_acquire_many(count).map_err(|_| Refusal::Exhausted)?;
        tokio::time::timeout(self.timeout, self.batcher.classify(texts)).await.map_err(|_| Refusal::Late)?
    }
}

/// All routes, with the page in `site` on those that are none of them.
pub fn router(state: Arc<State>, site: Option<PathBuf>) -> Router {
    let wrong_method = || async { Refusal::MethodNotAllowed };
    let router = Router::new()
        .route("/v1alpha1/comments:analyze", post(analyze).fallback(wrong_method))
        .route("/$discovery/rest", get(discover))
        .route("/%24discovery/rest", get(discover))
        .route("/openapi.json", get(describe))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/metrics", get(metrics));
    let router = match site {
        Some(site) => router.fallback_service(ServeDir::new(site)),
        None => router.fallback(|| async { Refusal::NotFound }),
    };
    // Comment forms ask from their own pages; there is nothing here that only some may see. What is written here, programs write.
    let cors = CorsLayer::new().allow_origin(Any).allow_methods(Any).allow_headers(Any).expose_headers([
        REQUEST_ID,
        MODEL,
        header::RETRY_AFTER,
    ]);
    router
        .layer(cors)
        .route("/v1alpha1/comments:suggestscore", post(suggest_score).fallback(wrong_method))
        .layer(middleware::from_fn_with_state(Arc::clone(&state), observe))
        .with_state(state)
}

async fn analyze(Shared(state): Shared<Arc<State>>, request: Request) -> Result<Json<Value>, Refusal> {
    let question = Question::parse(&state.read(request.into_body()).await?, &state.attributes)?;
    Ok(Json(question.answer(&state.classify(question.texts()).await?, &state.model)?))
}

async fn suggest_score(Shared(state): Shared<Arc<State>>, request: Request) -> Result<Json<Value>, Refusal> {
    if state.suggestions.is_none() {
        return Err(Refusal::NoSuggestions);
    }
    // A page of somebody else's, which a moderator happens to visit, must not write into what is learnt from.
    if request.headers().contains_key(header::ORIGIN) {
        return Err(Refusal::OtherOrigin);
    }
    let suggestion = Suggestion::parse(&state.read(request.into_body()).await?, &state.attributes)?;
    let kept = tokio::task::spawn_blocking(move || {
        let suggestions = state.suggestions.as_ref().ok_or(Refusal::NoSuggestions)?;
        suggestions.add(&suggestion).map_err(|error| {
            log::fault(&format!("a suggestion cannot be kept: {error}"));
            Refusal::Internal
        })?;
        Ok(suggestion.answer())
    });
    kept.await.map_err(|_| Refusal::Internal)?.map(Json)
}

async fn discover(Shared(state): Shared<Arc<State>>, headers: HeaderMap) -> Json<Value> {
    let is_host = |host: &&str| host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte));
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).filter(is_host).unwrap_or(&state.address);
    Json(discovery::document(state.public_url.as_ref().unwrap_or(&format!("http://{host}"))))
}

async fn describe(Shared(state): Shared<Arc<State>>) -> Json<Value> {
    Json(open_api::document(&state.attributes))
}

async fn metrics(Shared(state): Shared<Arc<State>>) -> Response {
    let waiting = state.permit_count as usize - state.permits.available_permits();
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], state.metrics.text(waiting)).into_response()
}

/// Gives each request a name, or keeps the one that it has, and counts and logs it.
async fn observe(Shared(state): Shared<Arc<State>>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let given = request.headers().get(REQUEST_ID).and_then(|id| id.to_str().ok());
    let is_name = |id: &&str| {
        (1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    let id = given
        .filter(is_name)
        .map_or_else(|| format!("{:x}", state.requests.fetch_add(1, Ordering::Relaxed)), str::to_owned);
    let route = request.extensions().get::<MatchedPath>().map_or("other", |path| route(path.as_str()));
    let method = request.method().clone();
    let mut response = next.run(request).await;
    let (status, took) = (response.status().as_u16(), started.elapsed());
    state.metrics.request(route, status, took);
    log::request(&id, method.as_str(), route, status, took);
    let headers = response.headers_mut();
    headers.insert(MODEL, state.model_header.clone());
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, id);
    }
    response
}

/// The name of a route, for counts and the log.
fn route(path: &str) -> &'static str {
    match path {
        "/v1alpha1/comments:analyze" => "analyze",
        "/v1alpha1/comments:suggestscore" => "suggestscore",
        "/$discovery/rest" | "/%24discovery/rest" => "discovery",
        "/openapi.json" => "openapi",
        "/healthz" => "healthz",
        "/metrics" => "metrics",
        _ => "other",
    }
}
