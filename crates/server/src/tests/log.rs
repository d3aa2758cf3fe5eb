//! What is logged on the thread of a test, for tests of what must not be.

use std::{
    io,
    sync::{Arc, Mutex},
};

use tracing::{
    Dispatch, Level, Subscriber,
    dispatcher::{self, DefaultGuard},
    subscriber::NoSubscriber,
};
use tracing_subscriber::fmt::MakeWriter;

/// All that is logged on this thread until it is dropped.
pub(super) struct Log {
    written: Written,
    _here: DefaultGuard,
    /// While a process has one subscriber, `tracing` asks the thread that first comes to a place in the code whether anybody
    /// listens there, and keeps the answer: a test beside this one would say no for all. Of two it asks both.
    _second: Dispatch,
}

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'w> MakeWriter<'w> for Written {
    type Writer = Self;

    fn make_writer(&'w self) -> Self {
        self.clone()
    }
}

impl Log {
    /// As text, down to `level`.
    pub(super) fn text(level: Level) -> Self {
        let subscriber = tracing_subscriber::fmt().with_max_level(level);
        Self::start(|written| subscriber.with_writer(written).finish())
    }

    /// As one JSON object a line, down to `level`.
    pub(super) fn json(level: Level) -> Self {
        let subscriber = tracing_subscriber::fmt().json().with_max_level(level);
        Self::start(|written| subscriber.with_writer(written).finish())
    }

    fn start<S: Subscriber + Send + Sync + 'static>(to: impl FnOnce(Written) -> S) -> Self {
        let written = Written::default();
        let log = Self {
            _here: dispatcher::set_default(&Dispatch::new(to(written.clone()))),
            _second: Dispatch::new(NoSubscriber::default()),
            written,
        };
        // For places that were come to between the two.
        tracing::callsite::rebuild_interest_cache();
        log
    }

    /// What was logged so far.
    pub(super) fn written(&self) -> String {
        String::from_utf8(self.written.0.lock().unwrap().clone()).unwrap()
    }
}

#[test]
fn what_another_thread_came_to_first_is_logged_here() {
    fn say() {
        tracing::info!("said");
    }
    let log = Log::text(Level::INFO);
    std::thread::spawn(say).join().unwrap();
    assert_eq!(log.written(), "");
    say();
    assert!(log.written().ends_with("said\n"), "{}", log.written());
}
