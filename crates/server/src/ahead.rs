//! Reading ahead for the engine that serves, while no customer waits.
//!
//! One thread an engine. It stands back for every answer and search, and ends when another engine serves, when the service
//! stops, or when all is read.

use std::{sync::Arc, thread, time::Duration};

use answer::Engine;

use crate::AppState;

/// How long a customer's work is left alone before it is looked at again.
const STAND_BACK: Duration = Duration::from_millis(50);

/// Has `engine` read ahead from now on. Returns at once.
pub(crate) fn start(state: AppState, engine: Arc<Engine>) {
    let read = move || {
        let is_wanted = || loop {
            let serves = state.engine();
            if serves.is_none_or(|serves| !Arc::ptr_eq(&serves, &engine)) || state.is_stopping() {
                return false;
            }
            if state.answers().is_idle() && state.searches().is_idle() {
                return true;
            }
            thread::sleep(STAND_BACK);
        };
        match engine.read_ahead(&is_wanted) {
            Ok(n) => tracing::debug!(n, "statements were read ahead"),
            // Answers read what they need, and tell what fails then.
            Err(error) => tracing::debug!(
                error = &error as &dyn std::error::Error,
                "statements could not be read ahead"
            ),
        }
    };
    let started = thread::Builder::new()
        .name("read-ahead".to_owned())
        .spawn(read);
    if let Err(error) = started {
        tracing::debug!(
            error = &error as &dyn std::error::Error,
            "the system gives no thread to read ahead"
        );
    }
}
