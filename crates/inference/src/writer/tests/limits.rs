//! What ends a text before the model does.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use super::{FAMILIES, assert_same, request, write, writer};
use crate::writer::{CancelFlag, Finish};

#[test]
fn limits_end_the_text() {
    let mut writer = writer("llama");
    let written = write(&mut writer, &request("the weather", 5));
    assert_eq!((written.finish, written.n_tokens), (Finish::Length, 5));
    assert!(!written.finish.is_complete());
    assert_eq!(write(&mut writer, &request("the weather", 0)).text, "");

    let mut late = request("another question", 5);
    late.deadline = Some(Instant::now());
    let written = write(&mut writer, &late);
    assert_eq!(
        (written.finish, written.text.as_str()),
        (Finish::Deadline, "")
    );

    let written = writer.generate(&request("the weather", 50), &CancelFlag::new(), &mut |_| {
        ControlFlow::Break(())
    });
    let written = written.expect("a text");
    assert_eq!(written.finish, Finish::Caller);
    // What was interrupted left nothing behind.
    let after = write(&mut writer, &request("the weather", 20)).text;
    assert_same(
        &after,
        &write(&mut super::writer("llama"), &request("the weather", 20)).text,
    );
    assert!(after.starts_with(&written.text));
}

/// Cancelled, or late, at piece `n` of a text that loops, so that several tokens come of one pass: nothing
/// comes after that piece.
#[track_caller]
fn check(n: usize, is_late: bool) {
    let mut writer = writer("qwen2");
    let cancel = CancelFlag::new();
    let mut request = request("a den a den a den a den", 150);
    request.ends_loops = false;
    let deadline = Instant::now() + Duration::from_secs(1);
    request.deadline = is_late.then_some(deadline);
    let (mut n_pieces, mut is_over) = (0, false);
    let written = writer.generate(&request, &cancel, &mut |_| {
        assert!(!is_over, "a piece after the end");
        n_pieces += 1;
        if n_pieces == n && is_late {
            while Instant::now() < deadline {
                std::hint::spin_loop();
            }
        } else if n_pieces == n {
            cancel.cancel();
        }
        is_over = cancel.is_cancelled() || is_late && Instant::now() >= deadline;
        ControlFlow::Continue(())
    });
    let finish = if is_late {
        Finish::Deadline
    } else {
        Finish::Cancelled
    };
    assert_eq!(written.expect("a text").finish, finish);
    // A slow machine may be late before that piece.
    assert!(n_pieces == n || is_late && n_pieces < n, "{n_pieces}");
}

#[test]
fn cancelling_and_the_deadline_take_effect_within_one_token() {
    for n in [1, 2, 10, 40, 41, 42, 43, 44, 45, 46] {
        check(n, false);
    }
    check(45, true);
}

#[test]
fn a_text_that_loops_is_ended_and_incomplete() {
    let mut n_loops = 0;
    for family in FAMILIES {
        let mut writer = writer(family);
        for text in ["a den a den a den a den", "the weather", "an order"] {
            let mut request = request(text, 300);
            let written = write(&mut writer, &request);
            request.ends_loops = false;
            let whole = write(&mut writer, &request);
            assert_ne!(whole.finish, Finish::Loop);
            if written.finish == Finish::Loop {
                n_loops += 1;
                assert!(!written.finish.is_complete());
                assert!(written.n_tokens >= 36 && written.n_tokens < whole.n_tokens);
                assert_same(&written.text, &whole.text[..written.text.len()]);
            } else {
                assert_same(&written.text, &whole.text);
            }
        }
    }
    assert!(n_loops > 3, "{n_loops}");
}
