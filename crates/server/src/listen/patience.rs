//! A stream that gives up on a reader who takes next to nothing.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Sleep, sleep},
};

/// How long a reader may be slow, and the bytes it must take in that time: less than the slowest telephone does.
const WINDOW: Duration = Duration::from_secs(20);
const LEAST_BYTES: usize = 16 * 1024;

/// A stream whose writes fail once a reader that makes us wait took less than [`LEAST_BYTES`] in [`WINDOW`]. A reader that
/// takes all there is, however little that may be, is never slow.
#[derive(Debug)]
pub(super) struct Patience<S> {
    stream: S,
    slow: Option<Slow>,
}

/// A time in which we had to wait.
#[derive(Debug)]
struct Slow {
    ends: Pin<Box<Sleep>>,
    n_bytes: usize,
}

impl<S> Patience<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, slow: None }
    }

    /// Judges a write: fails it instead of waiting for longer than there is patience.
    fn judge(
        &mut self,
        written: Poll<io::Result<usize>>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        match written {
            Poll::Ready(Ok(n_bytes)) => {
                if let Some(slow) = &mut self.slow {
                    slow.n_bytes += n_bytes;
                    if slow.n_bytes >= LEAST_BYTES {
                        self.slow = None;
                    }
                }
                Poll::Ready(Ok(n_bytes))
            }
            Poll::Pending => {
                let slow = self.slow.get_or_insert_with(|| Slow {
                    ends: Box::pin(sleep(WINDOW)),
                    n_bytes: 0,
                });
                ready!(slow.ends.as_mut().poll(context));
                Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
            }
            failed @ Poll::Ready(Err(_)) => failed,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patience<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patience<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.judge(written, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, bytes);
        self.judge(written, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_reader_that_takes_nothing_is_given_up() {
        let (ours, _theirs) = duplex(64);
        let mut ours = Patience::new(ours);
        let error = ours.write_all(&[0; 1_000]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_that_drips_is_given_up() {
        let (ours, mut theirs) = duplex(64);
        let mut ours = Patience::new(ours);
        let drip = tokio::spawn(async move {
            let mut byte = [0; 1];
            while theirs.read_exact(&mut byte).await.is_ok() {
                sleep(Duration::from_millis(100)).await;
            }
        });
        let error = ours.write_all(&vec![0; 100_000]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        drip.abort();
    }

    #[tokio::test(start_paused = true)]
    async fn slow_and_idle_readers_are_waited_for() {
        let (ours, mut theirs) = duplex(64);
        let mut ours = Patience::new(ours);
        let reader = tokio::spawn(async move {
            let mut bytes = [0; 64];
            let mut n = 0;
            while let Ok(got @ 1..) = theirs.read(&mut bytes).await {
                n += got;
                sleep(Duration::from_millis(50)).await;
            }
            n
        });
        // A thousand bytes a second for a while, then a pause, then a little more.
        ours.write_all(&vec![0; 60_000]).await.unwrap();
        sleep(Duration::from_mins(10)).await;
        ours.write_all(&[0; 10]).await.unwrap();
        drop(ours);
        assert_eq!(reader.await.unwrap(), 60_010);
    }
}
