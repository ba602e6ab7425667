//! Keeps a bundle's files in the browser for the next visit.
//!
//! Files go by an address that ends in their SHA-256, so that one that was kept is never out of date, only out of use.
//! Browsers refuse to keep anything in private windows, on pages without HTTPS, or when the disk is full. The page works
//! without, just slower at the next visit, so a refusal is no error here.

use js_sys::{Map, Promise};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Cache, Request, Response};

use super::ahead::{Kept, ahead};

/// The browser's cache, if it grants one.
#[derive(Clone)]
pub struct Store {
    cache: Option<Cache>,
    kept: Option<Map>,
}

impl Store {
    /// The store that `public/engine.js` has opened for the bundle; other bundles have their own.
    pub async fn open() -> Self {
        let (cache, kept) = (ahead().store(), ahead().kept());
        Self {
            cache: JsFuture::from(cache).await.ok().map(JsCast::unchecked_into),
            kept: JsFuture::from(kept).await.ok().map(JsCast::unchecked_into),
        }
    }

    /// The file of this address that an earlier visit has left. It is handed out once: its bytes are many.
    pub async fn take(&self, address: &str) -> Option<Kept> {
        let kept = self.kept.as_ref()?;
        let found = kept.get(&address.into()).dyn_into::<Promise>().ok()?;
        kept.delete(&address.into());
        JsFuture::from(found).await.ok().map(JsCast::unchecked_into)
    }

    /// Keeps `content` under `address`.
    pub async fn put(&self, address: &str, content: Response) {
        if let Some(cache) = &self.cache {
            let _ = JsFuture::from(cache.put_with_str(address, &content)).await;
        }
    }

    /// Forgets all files but those of these addresses, and lets go of what nobody took.
    pub async fn keep_only(&self, addresses: &[String]) {
        self.kept.iter().for_each(Map::clear);
        let Some(cache) = &self.cache else { return };
        let Ok(requests) = JsFuture::from(cache.keys()).await else { return };
        for request in js_sys::Array::from(&requests).iter().map(JsCast::unchecked_into::<Request>) {
            if !addresses.contains(&request.url()) {
                let _ = JsFuture::from(cache.delete_with_request(&request)).await;
            }
        }
    }
}
