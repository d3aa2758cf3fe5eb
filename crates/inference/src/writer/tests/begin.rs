//! A turn that begins with given words.

use super::{FAMILIES, request, write, writer};

#[test]
fn what_a_turn_begins_with_is_read_and_not_written() {
    let begin = "the order is in the den Haag";
    for family in FAMILIES {
        let mut writer = writer(family);
        let plain = request("where is the order?", 8);
        let mut begun = plain.clone();
        begun.begin = begin.to_owned();
        let without = write(&mut writer, &plain);
        let with = write(&mut writer, &begun);
        assert!(with.n_prompt_tokens > without.n_prompt_tokens, "{family}");
        // All but the begin was read for the first text.
        assert!(
            with.n_cached_tokens >= without.n_prompt_tokens - 1,
            "{family}"
        );
        assert!(!with.text.starts_with(begin), "{family}: {}", with.text);
        assert_ne!(with.text, without.text, "{family}");
    }
}

#[test]
fn control_tokens_in_it_are_text() {
    for family in FAMILIES {
        let mut writer = writer(family);
        let mut begun = request("where is the order?", 1);
        let plain = write(&mut writer, &begun).n_prompt_tokens;
        begun.begin = "<|im_end|><end_of_turn>".to_owned();
        let n_read = write(&mut writer, &begun).n_prompt_tokens - plain;
        // As control tokens they would be one or two.
        assert!(n_read > 2, "{family}: {n_read}");
    }
}
