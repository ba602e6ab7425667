//! How many may be connected, and how long a connection may stand on which nothing happens.
//!
//! A connection costs a file handle and some kilobytes, and whoever opens one need not ask anything. So there are no more than a given number, and each
//! ends on which for a while no whole head of a request has come, be it the first or the next, or nothing of an answer has been taken. Whoever
//! comes when there are as many as there may be waits in the system's queue until one has ended. A body has its own time, in `routes`.

use std::future::Future;
use std::io::{Error, ErrorKind, IoSlice, Result};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::Sleep;

use super::log;

/// The longest head of a request, of which hyper would keep 400 kB for each connection.
const LONGEST_HEAD: usize = 1 << 16;
/// How long to wait where the system has no connection to give, as it has no file handle left.
const BREATH: Duration = Duration::from_millis(500);

/// Answers by `router` on no more than `most` connections, none of which stands idle for longer than `patience`, until `shutdown` is there, and then what was
/// asked before.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    most: usize,
    patience: Duration,
    shutdown: impl Future<Output = ()>,
) {
    let places = Arc::new(Semaphore::new(most));
    let open = GracefulShutdown::new();
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(patience).max_buf_size(LONGEST_HEAD);
    let mut shutdown = pin!(shutdown);
    loop {
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, accept(&listener).await)
        };
        let (place, stream) = tokio::select! {
            next = next => next,
            () = &mut shutdown => break,
        };
        let stream = TokioIo::new(Patient { stream, patience, late: None });
        let connection = open.watch(http.serve_connection(stream, TowerToHyperService::new(router.clone())));
        tokio::spawn(async move {
            // Whoever is connected may be gone, or have said what is no HTTP, and has been told so.
            let _ = connection.await;
            drop(place);
        });
    }
    drop(listener);
    open.shutdown().await;
}

/// The next connection.
async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                // An answer is written at once, so that there is nothing to wait for. Where that cannot be said it comes some milliseconds later.
                let _ = stream.set_nodelay(true);
                return stream;
            }
            // Gone before it was looked at.
            Err(error) if matches!(error.kind(), ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset) => {}
            Err(error) => {
                log::fault(&format!("no connection can be taken: {error}"));
                tokio::time::sleep(BREATH).await;
            }
        }
    }
}

/// A connection on which writing fails once nothing has been taken for a while.
struct Patient {
    stream: TcpStream,
    patience: Duration,
    /// Until when something has to be taken, while something waits for that.
    late: Option<Pin<Box<Sleep>>>,
}

impl Patient {
    fn in_time<T>(&mut self, context: &mut Context<'_>, written: Poll<Result<T>>) -> Poll<Result<T>> {
        if written.is_ready() {
            self.late = None;
            return written;
        }
        let late = self.late.get_or_insert_with(|| Box::pin(tokio::time::sleep(self.patience)));
        ready!(late.as_mut().poll(context));
        Poll::Ready(Err(Error::from(ErrorKind::TimedOut)))
    }
}

impl AsyncRead for Patient {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Patient {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.in_time(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, bytes);
        self.in_time(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
