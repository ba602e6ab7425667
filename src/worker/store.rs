//! Keeps a bundle's files in the browser for the next visit.
//!
//! Files go by an address that ends in their SHA-256, so that one that was kept is never out of date, only out of use.
//! Browsers refuse to keep anything in private windows, on pages without HTTPS, or when the disk is full. The page works
//! without, just slower at the next visit, so a refusal is no error here.

use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Cache, Request, Response};

use super::scope;

/// The browser's cache, if it grants one.
#[derive(Clone)]
pub struct Store(Option<Cache>);

impl Store {
    /// Opens the store for the bundle at `address`; other bundles have their own.
    pub async fn open(address: &str) -> Self {
        let cache = async {
            let caches = scope().caches().ok()?;
            // Where the page is not from a secure origin, the property is not there at all.
            if caches.is_falsy() {
                return None;
            }
            JsFuture::from(caches.open(&format!("undertone {address}"))).await.ok()
        };
        Self(cache.await.map(JsCast::unchecked_into))
    }

    /// The kept file of this address.
    pub async fn get(&self, address: &str) -> Option<Response> {
        let found = JsFuture::from(self.0.as_ref()?.match_with_str(address)).await.ok()?;
        found.dyn_into().ok()
    }

    /// Keeps `content` under `address`.
    pub async fn put(&self, address: &str, content: Response) {
        if let Some(cache) = &self.0 {
            let _ = JsFuture::from(cache.put_with_str(address, &content)).await;
        }
    }

    /// Forgets all files but those of these addresses.
    pub async fn keep_only(&self, addresses: &[String]) {
        let Some(cache) = &self.0 else { return };
        let Ok(requests) = JsFuture::from(cache.keys()).await else { return };
        for request in js_sys::Array::from(&requests).iter().map(JsCast::unchecked_into::<Request>) {
            if !addresses.contains(&request.url()) {
                let _ = JsFuture::from(cache.delete_with_request(&request)).await;
            }
        }
    }
}
