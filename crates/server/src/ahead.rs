//! Reading ahead for the engine that serves, while no customer waits.
//!
//! One thread an engine. It stands back for every answer and search, and ends when another engine serves, when the service
//! stops, or when all is read. Help centers of one process take turns, a few statements each.

use std::{cell::RefCell, sync::Arc, thread, time::Duration};

use answer::Engine;

use crate::AppState;

/// How long a customer's work is left alone before it is looked at again.
const STAND_BACK: Duration = Duration::from_millis(50);

/// Has `engine` read ahead from now on. Returns at once.
pub(crate) fn start(state: AppState, engine: Arc<Engine>) {
    let span = tracing::Span::current();
    let read = move || {
        let _in_span = span.enter();
        let turns = state.machine().ahead.clone();
        let turn = RefCell::new(None);
        let is_wanted = || {
            turn.take();
            turns.make_way();
            *turn.borrow_mut() = Some(turns.take());
            loop {
                let serves = state.engine();
                if serves.is_none_or(|serves| !Arc::ptr_eq(&serves, &engine)) || state.is_stopping()
                {
                    return false;
                }
                // Nobody else would read now either, so the turn is kept.
                if state.answers().is_idle() && state.searches().is_idle() {
                    return true;
                }
                thread::sleep(STAND_BACK);
            }
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
