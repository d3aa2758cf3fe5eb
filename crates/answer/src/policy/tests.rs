use std::collections::BTreeMap;

use super::*;

mod false_alarms;

const SENTENCES: [(&str, &str); 9] = [
    ("en", include_str!("tests/en.txt")),
    ("nl", include_str!("tests/nl.txt")),
    ("de", include_str!("tests/de.txt")),
    ("fr", include_str!("tests/fr.txt")),
    ("es", include_str!("tests/es.txt")),
    ("it", include_str!("tests/it.txt")),
    ("pt", include_str!("tests/pt.txt")),
    ("pl", include_str!("tests/pl.txt")),
    ("zh", include_str!("tests/zh.txt")),
];

#[test]
fn every_topic_has_words_in_every_language() {
    let codes: Vec<&str> = SensitiveTopic::ALL.iter().map(|t| t.code()).collect();
    let sections: Vec<&str> = TABLE.sections().map(|(name, _)| name).collect();
    assert_eq!(sections, codes);
    for (name, section) in TABLE.sections() {
        let languages: BTreeMap<&str, usize> = section.languages().collect();
        for language in corpus::Language::ALL {
            let n = languages.get(language.code()).copied().unwrap_or_default();
            assert!(n >= 10, "{name} has {n} patterns in {language:?}");
        }
        assert_eq!(
            languages.len(),
            9,
            "{name} has a language nobody answers in"
        );
    }
}

#[test]
fn sensitive_topics_are_heard_and_ordinary_questions_left_alone() {
    let mut wrong = Vec::new();
    for (language, sentences) in SENTENCES {
        let (mut n_sensitive, mut n_ordinary) = (0, 0);
        for line in sentences.lines() {
            let (expected, sentence) = line.split_once(" | ").expect(line);
            let found = SensitiveTopic::of(sentence).map_or("-", SensitiveTopic::code);
            if expected == "-" {
                n_ordinary += 1;
            } else {
                n_sensitive += 1;
            }
            if found != expected {
                wrong.push(format!("{language}: {found}, not {expected}: {sentence}"));
            }
        }
        assert!(n_sensitive >= 25 && n_ordinary >= 25, "{language}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_a_person_answers_who_speaks_of_harming_themselves() {
    for topic in SensitiveTopic::ALL {
        assert_eq!(topic.may_quote(), topic != SensitiveTopic::SelfHarm);
    }
    assert_eq!(
        SensitiveTopic::of("The scammer took it all, I want to kill myself"),
        Some(SensitiveTopic::SelfHarm)
    );
}
